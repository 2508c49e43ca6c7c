//! Sends and receives as futures, for the tasks of an executor.
//!
//! A future that has to wait lies in its channel's queue, as a goroutine would. When it is dropped, it
//! leaves the queue. If it was given a value by then, and has not returned it, the value goes back.

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::panic::Location;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Context, Poll, ready};
use std::fmt;
use std::sync::Arc;

use super::bell::Bell;
use super::error::{RecvError, SendError};
use super::hchan::{Got, Hchan, QueueOf, Side, tell};
use super::moments::Moments;
use super::slot::{Node, Slot};
use super::state::{Offered, State};
use crate::proto::lock::Guard;
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::{self, Here};
use crate::sched::task::Task;
use crate::sched::wait::{Site, Wait};

/// The future of [`Sender::send_async`](super::Sender::send_async).
#[must_use = "a future sends only when it is polled"]
pub struct SendFuture<'a, T> {
    waiting: Waiting<'a, T>,
    /// `None` once it was sent or returned.
    value: Option<UnsafeCell<ManuallyDrop<T>>>,
    _pinned: PhantomPinned,
}

// SAFETY: the channel's lock says who touches the node and the value.
unsafe impl<T: Send> Send for SendFuture<'_, T> {}
// SAFETY: nothing can be done with a shared one.
unsafe impl<T: Send> Sync for SendFuture<'_, T> {}

impl<'a, T> SendFuture<'a, T> {
    #[track_caller]
    pub(super) fn new(chan: &'a Hchan<T>, value: T) -> Self {
        let value = Some(UnsafeCell::new(ManuallyDrop::new(value)));
        Self { waiting: Waiting::new(chan, Side::SEND.queue), value, _pinned: PhantomPinned }
    }

    #[track_caller]
    fn send(&mut self) -> Poll<Result<(), SendError<T>>> {
        let Some(value) = &self.value else { polled_too_often() };
        // Progress: each round ends with a wake-up that another made.
        while !ready!(self.waiting.is_done()) {
            // SAFETY: (exclusive) the future lies in no queue.
            let value = unsafe { &mut *value.get() };
            let mut state = self.waiting.chan.state.lock();
            match state.offer(value) {
                Offered::Full => self.waiting.begin(state, Slot::value(value)),
                Offered::Disconnected => {
                    drop(state);
                    return Poll::Ready(self.take_value().map_or(Ok(()), |v| Err(SendError(v))));
                }
                Offered::Buffered => {
                    tell(&mut Here::with_its_thread(), state);
                    break;
                }
                Offered::Handed(receiver) => {
                    drop(state);
                    receiver.wake();
                    break;
                }
            }
        }
        self.value = None; // its owner is another
        Poll::Ready(Ok(()))
    }

    fn take_value(&mut self) -> Option<T> {
        self.value.take().map(|value| ManuallyDrop::into_inner(value.into_inner()))
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        here::owe();
        // SAFETY: nothing is moved out of a place that a queue may name.
        let this = unsafe { self.get_unchecked_mut() };
        this.waiting.task.is_polled_by(context.waker());
        this.send()
    }
}

impl<T> Drop for SendFuture<'_, T> {
    fn drop(&mut self) {
        match self.waiting.call_off() {
            Some(Slot::Done) => self.value = None, // it was received
            _ => drop(self.take_value()),
        }
    }
}

/// The future of [`Receiver::recv_async`](super::Receiver::recv_async).
#[must_use = "a future receives only when it is polled"]
pub struct RecvFuture<'a, T> {
    source: Source<'a, T>,
    is_over: bool,
    _pinned: PhantomPinned,
}

/// Where the value comes from.
enum Source<'a, T> {
    Chan(Waiting<'a, T>, UnsafeCell<MaybeUninit<T>>),
    Moments(&'a Moments<T>, Bell),
    Never,
}

// SAFETY: the channel's lock says who touches the node and the room.
unsafe impl<T: Send> Send for RecvFuture<'_, T> {}
// SAFETY: nothing can be done with a shared one.
unsafe impl<T: Send> Sync for RecvFuture<'_, T> {}

impl<'a, T> RecvFuture<'a, T> {
    #[track_caller]
    pub(super) fn of_chan(chan: &'a Hchan<T>) -> Self {
        let waiting = Waiting::new(chan, Side::RECV.queue);
        Self::of(Source::Chan(waiting, UnsafeCell::new(MaybeUninit::uninit())))
    }

    pub(super) fn of_moments(moments: &'a Moments<T>) -> Self {
        Self::of(Source::Moments(moments, Bell::new()))
    }

    pub(super) fn never() -> Self {
        Self::of(Source::Never)
    }

    fn of(source: Source<'a, T>) -> Self {
        Self { source, is_over: false, _pinned: PhantomPinned }
    }
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        here::owe();
        // SAFETY: nothing is moved out of a place that a queue may name.
        let this = unsafe { self.get_unchecked_mut() };
        if this.is_over {
            polled_too_often();
        }
        let received = match &mut this.source {
            Source::Chan(waiting, room) => {
                waiting.task.is_polled_by(context.waker());
                ready!(receive(waiting, room))
            }
            Source::Moments(moments, bell) => ready!(bell.poll(moments, context)),
            Source::Never => return Poll::Pending,
        };
        this.is_over = true;
        Poll::Ready(received)
    }
}

fn receive<T>(
    waiting: &mut Waiting<'_, T>,
    room: &UnsafeCell<MaybeUninit<T>>,
) -> Poll<Result<T, RecvError>> {
    // Progress: each round ends with a wake-up that another made.
    while !ready!(waiting.is_done()) {
        // SAFETY: (exclusive) the future lies in no queue.
        let room = unsafe { &mut *room.get() };
        let why = (Wait::Recv, waiting.at);
        match waiting.chan.take(&mut Here::with_its_thread(), room, why) {
            Got::Value => break,
            Got::Nothing(state) => waiting.begin(state, Slot::room(room)),
            Got::Disconnected => return Poll::Ready(Err(RecvError)),
        }
    }
    // SAFETY: (init) a value was moved there, and the future lies in no queue.
    Poll::Ready(Ok(unsafe { room.get().cast::<T>().read() }))
}

impl<T> Drop for RecvFuture<'_, T> {
    fn drop(&mut self) {
        if let Source::Chan(waiting, room) = &mut self.source
            && let Some(Slot::Done) = waiting.call_off()
        {
            // SAFETY: (init) a value was moved there, and nobody has taken it.
            let value = unsafe { room.get().cast::<T>().read() };
            waiting.chan.give_back(value);
        }
    }
}

/// A wait of a task in one of a channel's queues.
struct Waiting<'a, T> {
    chan: &'a Hchan<T>,
    queue: QueueOf<T>,
    task: Arc<Task>,
    at: Site,
    /// From when it was queued until it is known that it was woken. Boxed, because it may have to stay
    /// longer than the future.
    node: Option<NonNull<Node>>,
}

impl<'a, T> Waiting<'a, T> {
    #[track_caller]
    fn new(chan: &'a Hchan<T>, queue: QueueOf<T>) -> Self {
        Self { chan, queue, task: Task::new(), at: Location::caller(), node: None }
    }

    /// Queues the task, behind which the channel is unlocked.
    fn begin(&mut self, mut state: Guard<'_, State<T>>, slot: Slot) {
        let node = Box::new(Waiter::new(slot, Waker::Task(self.task.clone())));
        let node = NonNull::from_mut(Box::leak(node));
        self.node = Some(node);
        // SAFETY: it was just made.
        let waiter = unsafe { node.as_ref() };
        // SAFETY: it stays until it was woken, or is withdrawn when the future is dropped.
        unsafe { (self.queue)(&mut state).push_back(waiter) };
        tell(&mut Here::with_its_thread(), state);
    }

    /// Whether a waker has taken the value, or given one; if it does not wait, no.
    fn is_done(&mut self) -> Poll<bool> {
        let Some(node) = self.node else { return Poll::Ready(false) };
        // SAFETY: the node is this future's.
        if (self.queue)(&mut self.chan.state.lock()).still_waits(unsafe { node.as_ref() }) {
            return Poll::Pending;
        }
        self.node = None;
        // SAFETY: it was boxed, and whoever woke the task touches it no more.
        let node = unsafe { Box::from_raw(node.as_ptr()) };
        Poll::Ready(node.into_data().is_done())
    }

    /// Takes the task out of the queue. If it was woken, returns what the waker left.
    fn call_off(&mut self) -> Option<Slot> {
        let at = self.node.take()?;
        // SAFETY: the node is this future's.
        let node = unsafe { at.as_ref() };
        let mut state = self.chan.state.lock();
        let queue = (self.queue)(&mut state);
        let is_pledged = queue.is_pledged(node);
        let withdrawn = queue.withdraw(node);
        if is_pledged {
            queue.leave(node, Slot::Orphan(at));
            return None;
        }
        drop(state);
        // SAFETY: it was boxed, and lies in no queue.
        drop(unsafe { Box::from_raw(at.as_ptr()) });
        match withdrawn {
            Withdrawn::WasWoken(slot) => Some(slot),
            Withdrawn::Queued(_) | Withdrawn::Already => None,
        }
    }
}

#[track_caller]
fn polled_too_often() -> ! {
    panic!("gosched: this future was polled after it was ready")
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SendFuture { .. }")
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("RecvFuture { .. }")
    }
}
