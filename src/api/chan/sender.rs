//! The sending end of a channel.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use core::ptr::NonNull;
use std::time::{Duration, Instant};

use super::end::{Aim, Chosen, End};
use super::error::{SendError, SendTimeoutError, TrySendError};
use super::futures::SendFuture;
use super::hchan::{Hchan, Side};
use super::limit::Limit;
use super::parcel::Parcel;
use super::slot::{Node, Slot};
use crate::proto::claim::Claim;
use crate::proto::waitq::Withdrawn;
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::wait::Site;

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
    /// Returns the value in a [`SendError`], if all receivers have been dropped or the channel was
    /// [closed](Self::close), before or while it waited.
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
        self.chan.send(value, Limit::Never).map_err(|error| SendError(error.into_inner()))
    }

    /// Sends a value into the channel. Like [`send`](Self::send), but waits for at most `timeout`: not at
    /// all if that is zero. A moment that is too far for the clock is 584 years away.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is room.
    ///
    /// # Errors
    ///
    /// Returns the value in
    ///
    /// - [`SendTimeoutError::Timeout`], if the time was up first,
    /// - [`SendTimeoutError::Disconnected`], if the channel is disconnected.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = gosched::chan::bounded(1);
    /// tx.send(1).unwrap();
    /// assert!(tx.send_timeout(2, Duration::from_millis(5)).unwrap_err().is_timeout());
    /// drop(rx);
    /// assert!(tx.send_timeout(2, Duration::MAX).unwrap_err().is_disconnected());
    /// ```
    #[track_caller]
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.chan.send(value, Limit::after(timeout))
    }

    /// Sends a value into the channel, as a future: for a task of an executor. A goroutine calls
    /// [`send`](Self::send).
    ///
    /// Polling it does not wait. If the future is dropped before it is ready, the value is dropped with it,
    /// unless a receiver has it by then.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// If it is polled after it was ready.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = gosched::chan::bounded(0);
    /// let receiver = std::thread::spawn(move || rx.recv());
    /// gosched::block_on(async { tx.send_async(7).await.unwrap() });
    /// assert_eq!(receiver.join().unwrap(), Ok(7));
    /// ```
    #[track_caller]
    pub fn send_async(&self, value: T) -> SendFuture<'_, T> {
        SendFuture::new(&self.chan, value)
    }

    /// Sends a value into the channel. Like [`send`](Self::send), but does not wait beyond `deadline`: not
    /// at all if that has passed.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is room.
    ///
    /// # Errors
    ///
    /// Those of [`send_timeout`](Self::send_timeout).
    #[track_caller]
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.chan.send(value, Limit::at(deadline))
    }

    /// Whether somebody could receive what is sent.
    pub(crate) fn has_receivers(&self) -> bool {
        self.chan.state.lock().receivers > 0
    }

    /// Closes the channel, as Go's `close` does: nothing more can be sent. Returns whether this call
    /// closed it. Does not wait.
    ///
    /// Receivers take the values that are left, and then get an error. Senders get their values back in an
    /// error, those that wait now included. (In Go they panic.)
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = gosched::chan::bounded(2);
    /// let other = tx.clone();
    /// tx.send(1).unwrap();
    /// assert!(tx.close());
    /// assert!(!other.close());
    /// assert!(other.send(2).is_err());
    /// assert_eq!(rx.recv(), Ok(1));
    /// assert!(rx.recv().is_err());
    /// ```
    #[track_caller]
    pub fn close(&self) -> bool {
        self.chan.close()
    }

    #[track_caller]
    pub(super) fn complete(&self, chosen: Chosen, value: T) -> Result<(), SendError<T>> {
        self.chan.complete(chosen, value).map_err(|error| SendError(error.into_inner()))
    }

    /// Sends a value into the channel, if that is possible at once. Does not wait.
    ///
    /// If the channel's capacity is 0, this is possible only if a receiver waits now. A
    /// [`Select`](super::Select) that waits to receive counts as one.
    ///
    /// # Errors
    ///
    /// Returns the value in
    ///
    /// - [`TrySendError::Full`], if the channel is full, or has capacity 0 and no receiver waits,
    /// - [`TrySendError::Disconnected`], if all receivers have been dropped or the channel was
    ///   [closed](Self::close).
    #[track_caller]
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

impl<T> End for Sender<T> {
    fn choose(&self, _: &mut Here, _: &mut Parcel, _: Site) -> Option<Chosen> {
        self.chan.choose_send()
    }

    fn slot(&self, _: NonNull<Parcel>) -> Slot {
        Slot::Promise
    }

    fn is_ready(&self) -> bool {
        self.chan.state.lock().can_send(&Claim::new())
    }

    unsafe fn queue(&self, here: &mut Here, node: (&Node, Aim), claim: &Claim) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.chan.queue_case(here, &Side::SEND, node, claim) }
    }

    fn withdraw(&self, node: &Node, aim: Aim) -> Withdrawn<Slot, Waker> {
        self.chan.withdraw_case(&Side::SEND, node, aim)
    }

    fn limit(&self) -> Limit {
        Limit::Never
    }

    fn undo(&self, chosen: Chosen, _: &mut Parcel) {
        self.chan.undo_send(chosen);
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
