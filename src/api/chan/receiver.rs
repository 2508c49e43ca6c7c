//! The receiving end of a channel.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::error::{RecvError, TryRecvError};
use super::hchan::Hchan;

/// The receiving end of a channel.
///
/// Clone it for another receiver: each value goes to one of them. When the last receiver is
/// dropped, the channel is disconnected: sends fail, and the values that are left are dropped. If
/// one of them panics when it is dropped, that panic continues, and the values behind it are
/// leaked. Cloning and dropping do not wait.
pub struct Receiver<T> {
    chan: Arc<Hchan<T>>,
}

// SAFETY: the channel's lock gives a value to one thread at a time.
unsafe impl<T: Send> Send for Receiver<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Receiver<T> {}
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
    pub(super) fn new(chan: Arc<Hchan<T>>) -> Self {
        Self { chan }
    }

    /// Receives a value from the channel.
    ///
    /// Waits while the channel is empty.
    ///
    /// May wait: a [switch point](crate#switch-points), even if a value is there, because a
    /// goroutine that receives often lets others run from time to time. On an ordinary thread it
    /// blocks the thread.
    ///
    /// # Errors
    ///
    /// Returns a [`RecvError`], if the channel is empty and all senders have been dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = gosched::chan::unbounded();
    /// tx.send("left").unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv(), Ok("left"));
    /// assert_eq!(rx.recv(), Err(gosched::chan::RecvError));
    /// ```
    #[inline]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.chan.recv()
    }

    /// Receives a value from the channel, if there is one now. Does not wait.
    ///
    /// # Errors
    ///
    /// - [`TryRecvError::Empty`], if the channel is empty.
    /// - [`TryRecvError::Disconnected`], if the channel is empty and all senders have been dropped.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.chan.try_recv()
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

    /// Returns whether both receivers belong to the same channel. Does not wait.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.chan, &other.chan)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.chan.add_receiver();
        Self { chan: self.chan.clone() }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.chan.drop_receiver();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Receiver { .. }")
    }
}
