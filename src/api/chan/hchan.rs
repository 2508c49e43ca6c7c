//! What both ends of a channel share (Go's `hchan`): a buffer and two queues of waiters, under one
//! lock. A value that meets a waiting receiver is handed to it directly, as in Go (`chansend` and
//! `chanrecv` in runtime/chan.go).
//!
//! # Invariants
//!
//! - I1: a receiver waits only if the buffer is empty and no sender waits; a sender waits only if
//!   the buffer is full and no receiver waits.
//! - I2: values leave in the order they came: the buffer's before the waiting senders'.
//! - I3: no waker is used, and no value of the user's is dropped, with the lock held.

use core::mem::{ManuallyDrop, MaybeUninit};
use core::panic::Location;
use std::collections::VecDeque;

use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::slot::Slot;
use crate::base::rank::Rank;
use crate::proto::lock::Lock;
use crate::proto::waitq::{Waiter, Waitq};
use crate::sched::g::Waker;
use crate::sched::here::{self, Here};
use crate::sched::inqueue::InQueue;
use crate::sched::wait::Wait;

/// The shared part.
pub(super) struct Hchan<T> {
    /// `None` is unbounded.
    cap: Option<usize>,
    state: Lock<State<T>>,
}

struct State<T> {
    buffer: VecDeque<T>,
    recvq: Waitq<Slot<T>, Waker>,
    sendq: Waitq<Slot<T>, Waker>,
    senders: usize,
    receivers: usize,
}

/// The room that a channel always keeps. A bounded channel of this capacity or less allocates all
/// of its room at once. More room is allocated when it is needed, and given back afterwards.
const KEPT_ROOM: usize = 128;

/// The outcome of taking a value.
enum Taken {
    /// A value, and the sender that can continue now, if one waited.
    Value(Option<Waker>),
    /// No value now.
    Empty,
    /// No value, and no sender is left.
    Disconnected,
}

/// The outcome of offering a value.
enum Offered {
    /// The value is in the buffer.
    Buffered,
    /// The value was handed to a receiver, which can continue now.
    Handed(Waker),
    /// No room now.
    Full,
    /// No receiver is left.
    Disconnected,
}

impl<T> State<T> {
    /// Takes a value out of the channel, and writes it to `room`.
    fn take(&mut self, room: &mut MaybeUninit<T>) -> Taken {
        if let Some(value) = self.buffer.pop_front() {
            room.write(value);
            self.give_room_back();
            // A full buffer has room now: the first sender's value moves up.
            // SAFETY: a sender waits there, and the lock is held.
            let moved = self.sendq.pop(|slot| unsafe { slot.take() });
            let Some((value, waker)) = moved else { return Taken::Value(None) };
            self.buffer.push_back(value);
            return Taken::Value(Some(waker));
        }
        // SAFETY: a sender waits there, the lock is held, and the room is the caller's.
        match self.sendq.pop(|slot| unsafe { slot.move_to(room.as_mut_ptr()) }) {
            Some(((), waker)) => Taken::Value(Some(waker)),
            None if self.senders == 0 => Taken::Disconnected,
            None => Taken::Empty,
        }
    }

    /// Offers a value to the channel. If it was buffered or handed over, the caller no longer owns
    /// it.
    fn offer(&mut self, value: &mut ManuallyDrop<T>, cap: Option<usize>) -> Offered {
        if self.receivers == 0 {
            return Offered::Disconnected;
        }
        let from: *const T = &raw const **value;
        // SAFETY: a receiver waits there, the lock is held, and the value is given away.
        if let Some(((), waker)) = self.recvq.pop(|slot| unsafe { slot.fill(from) }) {
            return Offered::Handed(waker);
        }
        if cap.is_some_and(|cap| self.buffer.len() >= cap) {
            return Offered::Full;
        }
        // SAFETY: the caller gives it away.
        self.buffer.push_back(unsafe { ManuallyDrop::take(value) });
        Offered::Buffered
    }

    /// Gives back the room of a burst: half of the room, if a quarter of it is enough.
    fn give_room_back(&mut self) {
        let room = self.buffer.capacity();
        if room > KEPT_ROOM && self.buffer.len() < room / 4 {
            self.buffer.shrink_to(room / 2);
        }
    }
}

impl<T> Hchan<T> {
    pub(super) fn new(cap: Option<usize>) -> Self {
        let state = State {
            buffer: VecDeque::with_capacity(cap.unwrap_or(0).min(KEPT_ROOM)),
            recvq: Waitq::new(),
            sendq: Waitq::new(),
            senders: 1,
            receivers: 1,
        };
        Self { cap, state: Lock::new(Rank::Chan, state) }
    }

    #[inline]
    #[track_caller]
    pub(super) fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut value = ManuallyDrop::new(value);
        let mut here = Here::arrive();
        let mut state = self.state.lock();
        let is_sent = match state.offer(&mut value, self.cap) {
            Offered::Buffered => true,
            Offered::Handed(receiver) => {
                drop(state);
                here.wake(receiver);
                true
            }
            Offered::Disconnected => {
                drop(state);
                false
            }
            Offered::Full => {
                if let Some(refusal) = here.refusal() {
                    drop(state);
                    drop(ManuallyDrop::into_inner(value));
                    refusal.panic();
                }
                let waiter = Waiter::new(Slot::new(&raw mut *value), here.waker());
                // SAFETY: the node and the value stay here until this goroutine or thread was woken,
                //         or for ever.
                unsafe { state.sendq.push_back(&waiter) };
                drop(state);
                self.park(&mut here, Wait::Send, |state| &mut state.sendq, &waiter);
                waiter.into_data().is_done()
            }
        };
        if is_sent { Ok(()) } else { Err(SendError(ManuallyDrop::into_inner(value))) }
    }

    #[inline]
    #[track_caller]
    pub(super) fn recv(&self) -> Result<T, RecvError> {
        let mut room = MaybeUninit::uninit();
        let mut here = Here::arrive();
        let mut state = self.state.lock();
        let is_received = match state.take(&mut room) {
            Taken::Value(sender) => {
                drop(state);
                if let Some(sender) = sender {
                    here.wake(sender);
                }
                true
            }
            Taken::Disconnected => false,
            Taken::Empty => {
                if let Some(refusal) = here.refusal() {
                    drop(state);
                    refusal.panic();
                }
                let waiter = Waiter::new(Slot::new(room.as_mut_ptr()), here.waker());
                // SAFETY: the node and the room stay here until this goroutine or thread was woken,
                //         or for ever.
                unsafe { state.recvq.push_back(&waiter) };
                drop(state);
                self.park(&mut here, Wait::Recv, |state| &mut state.recvq, &waiter);
                waiter.into_data().is_done()
            }
        };
        if !is_received {
            return Err(RecvError);
        }
        // SAFETY: (init) a value was moved there.
        Ok(unsafe { room.assume_init() })
    }

    #[track_caller]
    fn park(
        &self,
        here: &mut Here,
        why: Wait,
        queue: fn(&mut State<T>) -> &mut Waitq<Slot<T>, Waker>,
        waiter: &Waiter<Slot<T>, Waker>,
    ) {
        here.park(why, Location::caller(), &InQueue { lock: &self.state, queue, waiter });
    }

    pub(super) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        here::owe();
        let mut value = ManuallyDrop::new(value);
        let offered = self.state.lock().offer(&mut value, self.cap);
        let error = match offered {
            Offered::Buffered => return Ok(()),
            Offered::Handed(receiver) => {
                receiver.wake();
                return Ok(());
            }
            Offered::Full => TrySendError::Full,
            Offered::Disconnected => TrySendError::Disconnected,
        };
        Err(error(ManuallyDrop::into_inner(value)))
    }

    pub(super) fn try_recv(&self) -> Result<T, TryRecvError> {
        here::owe();
        let mut room = MaybeUninit::uninit();
        let taken = self.state.lock().take(&mut room);
        match taken {
            Taken::Value(sender) => {
                wake(sender);
                // SAFETY: (init) a value was moved there.
                Ok(unsafe { room.assume_init() })
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

    /// Counts one sender less. After the last one, the waiting receivers are woken, and get an
    /// error.
    pub(super) fn drop_sender(&self) {
        let mut state = self.state.lock();
        state.senders -= 1;
        if state.senders == 0 {
            drop(state);
            self.wake_all(|state| &mut state.recvq);
        }
    }

    /// Counts one receiver less. After the last one, the waiting senders are woken and get an
    /// error, and the values in the buffer are dropped, because nothing can receive them.
    pub(super) fn drop_receiver(&self) {
        let mut state = self.state.lock();
        state.receivers -= 1;
        if state.receivers == 0 {
            let lost = core::mem::take(&mut state.buffer);
            drop(state);
            self.wake_all(|state| &mut state.sendq);
            drop_each(lost);
        }
    }

    /// Wakes all waiters of a queue to which no waiter is added any more.
    fn wake_all(&self, queue: fn(&mut State<T>) -> &mut Waitq<Slot<T>, Waker>) {
        loop {
            let first = queue(&mut self.state.lock()).pop(|_| ());
            let Some(((), waker)) = first else { return };
            waker.wake();
        }
    }
}

/// Drops values in their order. If one of them panics when it is dropped, that panic continues, and
/// the values behind it are leaked.
fn drop_each<T>(values: VecDeque<T>) {
    let mut values = ManuallyDrop::new(values);
    while let Some(value) = values.pop_front() {
        drop(value);
    }
    drop(ManuallyDrop::into_inner(values));
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
