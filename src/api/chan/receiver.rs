//! The receiving end.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::error::{RecvError, TryRecvError};
use super::hchan::Hchan;

/// The receiving end of a channel; clone it for another receiver: each value goes to one of them.
/// When the last one is dropped, sends fail.
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

    /// Receives a value; waits while there is none.
    ///
    /// Blocks the goroutine or the thread.
    ///
    /// # Errors
    ///
    /// If the channel is empty and there is no sender any more.
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

    /// Receives a value if there is one now. Does not block.
    ///
    /// # Errors
    ///
    /// If there is none, or there is no sender any more and none left.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.chan.try_recv()
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
