//! What both ends of a channel share (Go's `hchan`): a buffer and two queues of waiters, under one
//! lock.
//!
//! # Invariants
//!
//! - I1: a receiver waits only if the buffer is empty and no sender waits; a sender waits only if the
//!   buffer is full and no receiver waits.
//! - I2: values leave in the order they came: the buffer's before the waiting senders'.
//! - I3: no waker is used, and no value of the user's is dropped, with the lock held.

use std::collections::VecDeque;

use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::waitq::{Waiter, Waitq};
use crate::base::rank::Rank;
use crate::proto::lock::Lock;
use crate::sched::budget;
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::wait::Wait;

/// The shared part.
pub(super) struct Hchan<T> {
    /// `None` is unbounded.
    cap: Option<usize>,
    state: Lock<State<T>>,
}

struct State<T> {
    buffer: VecDeque<T>,
    recvq: Waitq<T>,
    sendq: Waitq<T>,
    senders: usize,
    receivers: usize,
}

/// Room that a bounded channel takes at once; more comes when it is needed.
const FIRST_ROOM: usize = 128;

/// What came of looking for a value.
enum Taken<T> {
    /// A value, and a sender that may go on.
    Value(T, Option<Waker>),
    /// Nothing now.
    Empty,
    /// Nothing ever.
    Disconnected,
}

/// What came of offering a value.
enum Offered<T> {
    /// It is in the buffer.
    Buffered,
    /// It was handed to a receiver, who may go on.
    Handed(Waker),
    /// No room now.
    Full(T),
    /// Nobody will ever take it.
    Disconnected(T),
}

impl<T> State<T> {
    fn take(&mut self) -> Taken<T> {
        if let Some(value) = self.buffer.pop_front() {
            // A full buffer has room now: the first sender's value moves up.
            let Some((moved, waker)) = self.sendq.pop(Option::take) else {
                return Taken::Value(value, None);
            };
            self.buffer.extend(moved);
            return Taken::Value(value, Some(waker));
        }
        match self.sendq.pop(Option::take) {
            Some((Some(value), waker)) => Taken::Value(value, Some(waker)),
            Some((None, _)) => crate::base::throw!("chan: a sender waits without a value"),
            None if self.senders == 0 => Taken::Disconnected,
            None => Taken::Empty,
        }
    }

    fn offer(&mut self, value: T, cap: Option<usize>) -> Offered<T> {
        if self.receivers == 0 {
            return Offered::Disconnected(value);
        }
        let mut value = Some(value);
        if let Some(((), waker)) = self.recvq.pop(|place| core::mem::swap(place, &mut value)) {
            return Offered::Handed(waker);
        }
        match value {
            Some(value) if cap.is_some_and(|cap| self.buffer.len() >= cap) => Offered::Full(value),
            value => {
                self.buffer.extend(value);
                Offered::Buffered
            }
        }
    }
}

impl<T> Hchan<T> {
    pub(super) fn new(cap: Option<usize>) -> Self {
        let state = State {
            buffer: VecDeque::with_capacity(cap.unwrap_or(0).min(FIRST_ROOM)),
            recvq: Waitq::new(),
            sendq: Waitq::new(),
            senders: 1,
            receivers: 1,
        };
        Self { cap, state: Lock::new(Rank::Chan, state) }
    }

    #[inline]
    pub(super) fn send(&self, mut value: T) -> Result<(), SendError<T>> {
        budget::spend();
        loop {
            let mut state = self.state.lock();
            value = match state.offer(value, self.cap) {
                Offered::Buffered => return Ok(()),
                Offered::Handed(receiver) => {
                    drop(state);
                    receiver.wake();
                    return Ok(());
                }
                Offered::Disconnected(value) => return Err(SendError(value)),
                Offered::Full(value) => value,
            };
            let Some(mut here) = Here::try_now() else {
                drop(state);
                Here::settle();
                continue;
            };
            let waiter = Waiter::new(Some(value), here.waker());
            // SAFETY: the node stays here until this goroutine or thread was woken.
            unsafe { state.sendq.push(&waiter) };
            drop(state);
            here.park(Wait::Send);
            drop(here);
            return waiter.into_value().map_or(Ok(()), |value| Err(SendError(value)));
        }
    }

    #[inline]
    pub(super) fn recv(&self) -> Result<T, RecvError> {
        budget::spend();
        loop {
            let mut state = self.state.lock();
            match state.take() {
                Taken::Value(value, sender) => {
                    drop(state);
                    wake(sender);
                    return Ok(value);
                }
                Taken::Disconnected => return Err(RecvError),
                Taken::Empty => {}
            }
            let Some(mut here) = Here::try_now() else {
                drop(state);
                Here::settle();
                continue;
            };
            let waiter = Waiter::new(None, here.waker());
            // SAFETY: the node stays here until this goroutine or thread was woken.
            unsafe { state.recvq.push(&waiter) };
            drop(state);
            here.park(Wait::Recv);
            drop(here);
            return waiter.into_value().ok_or(RecvError);
        }
    }

    pub(super) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        budget::spend();
        let offered = self.state.lock().offer(value, self.cap);
        match offered {
            Offered::Buffered => Ok(()),
            Offered::Handed(receiver) => {
                receiver.wake();
                Ok(())
            }
            Offered::Full(value) => Err(TrySendError::Full(value)),
            Offered::Disconnected(value) => Err(TrySendError::Disconnected(value)),
        }
    }

    pub(super) fn try_recv(&self) -> Result<T, TryRecvError> {
        budget::spend();
        let taken = self.state.lock().take();
        match taken {
            Taken::Value(value, sender) => {
                wake(sender);
                Ok(value)
            }
            Taken::Empty => Err(TryRecvError::Empty),
            Taken::Disconnected => Err(TryRecvError::Disconnected),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.state.lock().buffer.len()
    }

    pub(super) fn cap(&self) -> Option<usize> {
        self.cap
    }

    pub(super) fn is_full(&self) -> bool {
        self.cap.is_some_and(|cap| self.len() >= cap)
    }

    pub(super) fn add_sender(&self) {
        self.state.lock().senders += 1;
    }

    pub(super) fn add_receiver(&self) {
        self.state.lock().receivers += 1;
    }

    /// One sender less; after the last, receivers that wait are told.
    pub(super) fn drop_sender(&self) {
        let mut state = self.state.lock();
        state.senders -= 1;
        if state.senders == 0 {
            let waiting = core::mem::replace(&mut state.recvq, Waitq::new());
            drop(state);
            wake_all(waiting);
        }
    }

    /// One receiver less; after the last, senders that wait are told, and what nobody can receive
    /// any more is dropped.
    pub(super) fn drop_receiver(&self) {
        let mut state = self.state.lock();
        state.receivers -= 1;
        if state.receivers == 0 {
            let waiting = core::mem::replace(&mut state.sendq, Waitq::new());
            let lost = core::mem::take(&mut state.buffer);
            drop(state);
            wake_all(waiting);
            drop(lost);
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn wake_all<T>(mut waiting: Waitq<T>) {
    while let Some(((), waker)) = waiting.pop(|_| ()) {
        waker.wake();
    }
}
