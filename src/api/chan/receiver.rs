//! The receiving end of a channel.

use core::mem::ManuallyDrop;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use core::ptr::NonNull;
use std::time::{Duration, Instant};

use super::choosing::{Case, Order, choose_until};
use super::end::{Aim, Chosen, End, withdraw_alone};
use super::error::{RecvError, RecvTimeoutError, TryRecvError};
use super::futures::RecvFuture;
use super::hchan::{Hchan, Side};
use super::limit::Limit;
use super::moments::Moments;
use super::parcel::Parcel;
use super::slot::{Node, Slot};
use crate::proto::claim::Claim;
use crate::proto::waitq::Withdrawn;
use crate::sched::g::Waker;
use crate::sched::here::{self, Here};
use crate::sched::wait::Site;

/// The receiving end of a channel.
///
/// Clone it for another receiver: each value goes to one of them. When the last receiver is
/// dropped, the channel is disconnected: sends fail, and the values that are left are dropped. If
/// one of them panics when it is dropped, that panic continues, and the values behind it are
/// leaked. Cloning and dropping do not wait.
pub struct Receiver<T> {
    source: Source<T>,
}

/// Where its values come from.
enum Source<T> {
    Chan(Arc<Hchan<T>>),
    Moments(Arc<Moments<T>>),
    Never,
}

// SAFETY: the channel's lock gives a value to one thread at a time.
unsafe impl<T: Send> Send for Receiver<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Receiver<T> {}
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
    pub(super) fn new(chan: Arc<Hchan<T>>) -> Self {
        Self { source: Source::Chan(chan) }
    }

    /// A receiver of moments; without them, one that never receives.
    pub(super) fn of_moments(moments: Option<Moments<T>>) -> Self {
        let source = moments.map_or(Source::Never, |moments| Source::Moments(Arc::new(moments)));
        Self { source }
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
    /// Returns a [`RecvError`], if the channel is empty and disconnected: all senders have been dropped, or it
    /// was [closed](super::Sender::close).
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
        self.recv_until(Limit::Never).map_err(|_| RecvError)
    }

    /// Receives a value from the channel. Like [`recv`](Self::recv), but waits for at most `timeout`: not
    /// at all if that is zero. A moment that is too far for the clock is 584 years away.
    ///
    /// May wait: a [switch point](crate#switch-points), even if a value is there.
    ///
    /// # Errors
    ///
    /// - [`RecvTimeoutError::Timeout`], if the time was up first.
    /// - [`RecvTimeoutError::Disconnected`], if the channel is empty and disconnected.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use gosched::chan::RecvTimeoutError;
    ///
    /// let (tx, rx) = gosched::chan::unbounded::<u32>();
    /// assert_eq!(rx.recv_timeout(Duration::from_millis(5)), Err(RecvTimeoutError::Timeout));
    /// drop(tx);
    /// assert_eq!(rx.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    /// ```
    #[inline]
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(Limit::after(timeout))
    }

    /// Receives a value from the channel, as a future: for a task of an executor. A goroutine calls
    /// [`recv`](Self::recv).
    ///
    /// Polling it does not wait, with the exception of [`try_recv`](Self::try_recv). If the future is dropped
    /// before it is ready, nothing is lost: a value that it was given goes to the next receiver.
    ///
    /// # Errors
    ///
    /// Those of [`recv`](Self::recv).
    ///
    /// # Panics
    ///
    /// - If it is polled after it was ready.
    /// - If it has to wait for a moment ([`after`](super::after), [`at`](super::at), [`tick`](super::tick))
    ///   and is polled outside a goroutine, where no clock of this crate runs.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = gosched::chan::bounded(0);
    /// let sender = std::thread::spawn(move || tx.send(7));
    /// assert_eq!(gosched::block_on(rx.recv_async()), Ok(7));
    /// sender.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn recv_async(&self) -> RecvFuture<'_, T> {
        match &self.source {
            Source::Chan(chan) => RecvFuture::of_chan(chan),
            Source::Moments(moments) => RecvFuture::of_moments(moments),
            Source::Never => RecvFuture::never(),
        }
    }

    /// Receives a value from the channel. Like [`recv`](Self::recv), but does not wait beyond `deadline`:
    /// not at all if that has passed.
    ///
    /// May wait: a [switch point](crate#switch-points), even if a value is there.
    ///
    /// # Errors
    ///
    /// Those of [`recv_timeout`](Self::recv_timeout).
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_until(Limit::at(deadline))
    }

    #[inline]
    #[track_caller]
    fn recv_until(&self, limit: Limit) -> Result<T, RecvTimeoutError> {
        match &self.source {
            Source::Chan(chan) => chan.recv(limit),
            Source::Moments(_) | Source::Never => self.recv_moment(limit),
        }
    }

    /// Receives from the clock: a select with one case.
    #[cold]
    #[track_caller]
    fn recv_moment(&self, limit: Limit) -> Result<T, RecvTimeoutError> {
        choose_until(&mut [Case::new(self)], Order::Biased, limit)
            // SAFETY: it was chosen, and the clock never disconnects: a value lies there.
            .map(|mut choice| unsafe { choice.parcel.take() })
            .ok_or(RecvTimeoutError::Timeout)
    }

    /// Receives a value from the channel, if there is one now. Does not wait.
    ///
    /// There is one exception: the channel's capacity is 0, and a [`Select`](super::Select) waits to send.
    /// The value is made only now, by that sender: this call blocks its thread until then. It does not
    /// move a goroutine. (If nothing could end that wait, as inside
    /// [`stop_the_world`](crate::stop_the_world), the channel counts as empty.)
    ///
    /// # Errors
    ///
    /// - [`TryRecvError::Empty`], if the channel is empty.
    /// - [`TryRecvError::Disconnected`], if the channel is empty and disconnected.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.source {
            Source::Chan(chan) => chan.try_recv(),
            Source::Moments(moments) => {
                here::owe();
                moments.take().ok_or(TryRecvError::Empty)
            }
            Source::Never => {
                here::owe();
                Err(TryRecvError::Empty)
            }
        }
    }

    /// Returns the number of values that the channel holds now. Values of waiting senders are not
    /// counted. Does not wait.
    pub fn len(&self) -> usize {
        match &self.source {
            Source::Chan(chan) => chan.len(),
            Source::Moments(moments) => usize::from(moments.next().is_over()),
            Source::Never => 0,
        }
    }

    /// Returns whether the channel holds no value. A channel of capacity 0 is always empty. Does
    /// not wait.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the channel is full. A channel of capacity 0 is always full. An unbounded
    /// channel never is. Does not wait.
    pub fn is_full(&self) -> bool {
        match &self.source {
            Source::Chan(chan) => chan.is_full(),
            Source::Moments(_) => self.len() == 1,
            Source::Never => true,
        }
    }

    /// Returns how many values the channel can hold, or `None` if it is unbounded. Does not wait.
    pub fn capacity(&self) -> Option<usize> {
        match &self.source {
            Source::Chan(chan) => chan.cap(),
            Source::Moments(_) => Some(1),
            Source::Never => Some(0),
        }
    }

    /// Returns whether both receivers belong to the same channel. All that [`never`](super::never) makes
    /// do. Does not wait.
    pub fn same_channel(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::Chan(one), Source::Chan(other)) => Arc::ptr_eq(one, other),
            (Source::Moments(one), Source::Moments(other)) => Arc::ptr_eq(one, other),
            (Source::Never, Source::Never) => true,
            (Source::Chan(_) | Source::Moments(_) | Source::Never, _) => false,
        }
    }
}

impl<T> End for Receiver<T> {
    fn choose(&self, here: &mut Here, parcel: &mut Parcel, at: Site) -> Option<Chosen> {
        match &self.source {
            Source::Chan(chan) => chan.choose_recv(here, parcel, at),
            Source::Moments(moments) => {
                let moment = ManuallyDrop::new(moments.take()?);
                // SAFETY: the parcel is free, and takes the moment over.
                unsafe { Parcel::put(NonNull::from_mut(parcel), &raw const *moment) };
                Some(Chosen::Made)
            }
            Source::Never => None,
        }
    }

    fn slot(&self, parcel: NonNull<Parcel>) -> Slot {
        Slot::Parcel(parcel)
    }

    fn is_ready(&self) -> bool {
        match &self.source {
            Source::Chan(chan) => chan.state.lock().can_recv(&Claim::new()),
            Source::Moments(_) | Source::Never => self.limit().is_over(),
        }
    }

    unsafe fn queue(&self, here: &mut Here, node: (&Node, Aim), claim: &Claim) -> bool {
        match &self.source {
            Source::Chan(chan) => {
                // SAFETY: as the caller says.
                unsafe { chan.queue_case(here, &Side::RECV, node, claim) }
            }
            Source::Moments(_) | Source::Never => true, // the clock needs no queue
        }
    }

    fn withdraw(&self, node: &Node, aim: Aim) -> Withdrawn<Slot, Waker> {
        match &self.source {
            Source::Chan(chan) => chan.withdraw_case(&Side::RECV, node, aim),
            Source::Moments(_) | Source::Never => withdraw_alone(node),
        }
    }

    fn limit(&self) -> Limit {
        match &self.source {
            Source::Moments(moments) => moments.next(),
            Source::Chan(_) | Source::Never => Limit::Never,
        }
    }

    fn undo(&self, chosen: Chosen, parcel: &mut Parcel) {
        if let Source::Chan(chan) = &self.source {
            chan.undo_recv(chosen, parcel);
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        let source = match &self.source {
            Source::Chan(chan) => {
                chan.add_receiver();
                Source::Chan(chan.clone())
            }
            Source::Moments(moments) => Source::Moments(moments.clone()),
            Source::Never => Source::Never,
        };
        Self { source }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let Source::Chan(chan) = &self.source {
            chan.drop_receiver();
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Receiver { .. }")
    }
}
