//! The sending end.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::error::{SendError, TrySendError};
use super::hchan::Hchan;

/// The sending end of a channel; clone it for another sender. When the last one is dropped, the
/// channel is disconnected: receivers take what is left, and then get an error.
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

    /// Sends a value; waits while the channel is full (or, of capacity 0, until it is received).
    ///
    /// Blocks the goroutine or the thread.
    ///
    /// # Errors
    ///
    /// With the value, if there is no receiver any more.
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

    /// Sends a value if that needs no waiting. Does not block.
    ///
    /// # Errors
    ///
    /// With the value, if the channel is full or there is no receiver any more.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.chan.try_send(value)
    }

    /// How many values the channel holds now.
    pub fn len(&self) -> usize {
        self.chan.len()
    }

    /// Whether the channel holds no value. One of capacity 0 never does.
    pub fn is_empty(&self) -> bool {
        self.chan.len() == 0
    }

    /// Whether the channel is full. One of capacity 0 always is.
    pub fn is_full(&self) -> bool {
        self.chan.is_full()
    }

    /// How many values the channel can hold; `None` if it is unbounded.
    pub fn capacity(&self) -> Option<usize> {
        self.chan.cap()
    }

    /// Whether both belong to the same channel.
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
