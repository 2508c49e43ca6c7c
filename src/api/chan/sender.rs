//! The sending end of a channel.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::error::{SendError, TrySendError};
use super::hchan::Hchan;

/// The sending end of a channel.
///
/// Clone it for another sender. When the last sender is dropped, the channel is disconnected:
/// receivers take the values that are left and then get an error. Cloning and dropping do not wait.
pub struct Sender<T> {
    chan: Arc<Hchan<T>>,
}

// SAFETY: the channel's lock gives a value to one thread at a time.
unsafe impl<T: Send> Send for Sender<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Sender<T> {}
impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> Sender<T> {
    pub(super) fn new(chan: Arc<Hchan<T>>) -> Self {
        Self { chan }
    }

    /// Sends a value into the channel.
    ///
    /// Waits while the channel is full. If the channel's capacity is 0, waits until a receiver
    /// takes the value.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is room, because a goroutine
    /// that sends often lets others run from time to time. On an ordinary thread it blocks the
    /// thread.
    ///
    /// # Errors
    ///
    /// Returns the value in a [`SendError`], if all receivers have been dropped, before or while it
    /// waited.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = gosched::chan::bounded(1);
    /// tx.send(1).unwrap();
    /// drop(rx);
    /// assert_eq!(tx.send(2), Err(gosched::chan::SendError(2)));
    /// ```
    #[inline]
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.chan.send(value)
    }

    /// Sends a value into the channel, if that is possible at once. Does not wait.
    ///
    /// If the channel's capacity is 0, this is possible only if a receiver waits now.
    ///
    /// # Errors
    ///
    /// Returns the value in
    ///
    /// - [`TrySendError::Full`], if the channel is full, or has capacity 0 and no receiver waits,
    /// - [`TrySendError::Disconnected`], if all receivers have been dropped.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.chan.try_send(value)
    }

    /// Returns the number of values that the channel holds now. Values of waiting senders are not
    /// counted. Does not wait.
    pub fn len(&self) -> usize {
        self.chan.len()
    }

    /// Returns whether the channel holds no value. A channel of capacity 0 is always empty. Does
    /// not wait.
    pub fn is_empty(&self) -> bool {
        self.chan.len() == 0
    }

    /// Returns whether the channel is full. A channel of capacity 0 is always full. An unbounded
    /// channel never is. Does not wait.
    pub fn is_full(&self) -> bool {
        self.chan.is_full()
    }

    /// Returns how many values the channel can hold, or `None` if it is unbounded. Does not wait.
    pub fn capacity(&self) -> Option<usize> {
        self.chan.cap()
    }

    /// Returns whether both senders belong to the same channel. Does not wait.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.chan, &other.chan)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.chan.add_sender();
        Self { chan: self.chan.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.chan.drop_sender();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Sender { .. }")
    }
}
