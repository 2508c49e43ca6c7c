//! What both ends of a channel share (Go's `hchan`): how values are sent and received.
//!
//! What a waiter's waker left says how its wait ended. If it left nothing, the waiter looks again: the
//! channel was closed, or a select dropped the send that it had promised.

use core::mem::{ManuallyDrop, MaybeUninit};
use core::panic::Location;
use core::ptr::NonNull;

use super::error::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};
use super::limit::{Limit, park_until};
use super::slot::{Node, Slot};
use super::state::{Offered, State, Taken};
use crate::base::rank::Rank;
use crate::facade::news::Call;
use crate::proto::claim::Claim;
use crate::proto::lock::{Guard, Lock};
use crate::proto::note::Sleep;
use crate::proto::waitq::{Waiter, Waitq};
use crate::sched::g::Waker;
use crate::sched::here::{self, Here};
use crate::sched::inqueue::InQueue;
use crate::sched::step::step;
use crate::sched::wait::{Site, Wait};

const SEND: Call = Call::new("send to", "channel");
const TRY_SEND: Call = Call::new("try to send to", "channel");
const RECV: Call = Call::new("receive from", "channel");
const TRY_RECV: Call = Call::new("try to receive from", "channel");

/// The shared part.
pub(super) struct Hchan<T> {
    pub(super) state: Lock<State<T>>,
}

/// One of a channel's queues.
pub(super) type QueueOf<T> = fn(&mut State<T>) -> &mut Waitq<Slot, Waker>;

/// One side of a channel: where one waits for it, and for what.
pub(super) struct Side<T> {
    pub(super) queue: QueueOf<T>,
    /// Whether its operation would not wait, for one who may wait here too, with this claim.
    pub(super) can: fn(&State<T>, &Claim) -> bool,
    why: Wait,
}

impl<T> Side<T> {
    pub(super) const SEND: Self =
        Self { queue: |state| &mut state.sendq, can: State::can_send, why: Wait::Send };
    pub(super) const RECV: Self =
        Self { queue: |state| &mut state.recvq, can: State::can_recv, why: Wait::Recv };
}

/// The outcome of taking a value.
pub(super) enum Got<'a, T> {
    Value,
    /// There is none now, and the channel is still locked.
    Nothing(Guard<'a, State<T>>),
    /// There is none, and none will come.
    Disconnected,
}

impl<T> Hchan<T> {
    pub(super) fn new(cap: Option<usize>) -> Self {
        Self { state: Lock::new(Rank::Chan, State::new(cap)) }
    }

    #[inline]
    #[track_caller]
    pub(super) fn send(&self, value: T, limit: Limit) -> Result<(), SendTimeoutError<T>> {
        step(SEND, &raw const self.state);
        let mut value = ManuallyDrop::new(value);
        let mut here = Here::arrive();
        // Progress: each round ends with a wake-up that another made.
        let error: fn(T) -> SendTimeoutError<T> = loop {
            let mut state = self.state.lock();
            match state.offer(&mut value) {
                Offered::Buffered => {
                    tell(&mut here, state);
                    return Ok(());
                }
                Offered::Handed(receiver) => {
                    drop(state);
                    here.wake(receiver);
                    return Ok(());
                }
                Offered::Disconnected => break SendTimeoutError::Disconnected,
                Offered::Full if limit.is_over() => break SendTimeoutError::Timeout,
                Offered::Full => {}
            }
            if let Some(refusal) = here.refusal() {
                drop(state);
                drop(ManuallyDrop::into_inner(value));
                refusal.panic();
            }
            let slot = Slot::value(&mut value);
            if self.wait(&mut here, state, (Side::SEND, slot), limit).is_done() {
                return Ok(());
            }
        };
        Err(error(ManuallyDrop::into_inner(value)))
    }

    #[inline]
    #[track_caller]
    pub(super) fn recv(&self, limit: Limit) -> Result<T, RecvTimeoutError> {
        step(RECV, &raw const self.state);
        let mut room = MaybeUninit::uninit();
        let mut here = Here::arrive();
        // Progress: each round ends with a wake-up that another made.
        loop {
            match self.take(&mut here, &mut room, (Wait::Recv, Location::caller())) {
                Got::Value => break,
                Got::Disconnected => return Err(RecvTimeoutError::Disconnected),
                Got::Nothing(_) if limit.is_over() => return Err(RecvTimeoutError::Timeout),
                Got::Nothing(state) => {
                    if let Some(refusal) = here.refusal() {
                        drop(state);
                        refusal.panic();
                    }
                    let slot = Slot::room(&mut room);
                    if self.wait(&mut here, state, (Side::RECV, slot), limit).is_done() {
                        break;
                    }
                }
            }
        }
        // SAFETY: (init) a value was moved there.
        Ok(unsafe { room.assume_init() })
    }

    /// Takes a value out of the channel now, and writes it to `room`. Waits only for a value that a
    /// select makes now.
    #[inline(always)]
    pub(super) fn take(
        &self,
        here: &mut Here,
        room: &mut MaybeUninit<T>,
        why: (Wait, Site),
    ) -> Got<'_, T> {
        // Progress: each round ends with a select that was dropped.
        loop {
            let mut state = self.state.lock();
            match state.take(room, || here.refusal().is_none()) {
                Taken::Value(None) => {
                    tell(here, state);
                    return Got::Value;
                }
                Taken::Value(Some(sender)) => {
                    tell(here, state);
                    here.wake(sender);
                    return Got::Value;
                }
                Taken::Promised(promise, sender) => {
                    let slot = Slot::room(room);
                    if self.wait_for(here, (state, slot), (promise, sender), why).is_done() {
                        return Got::Value;
                    }
                }
                Taken::Empty => return Got::Nothing(state),
                Taken::Disconnected => return Got::Disconnected,
            }
        }
    }

    /// Waits in a queue until woken, or until the time is up. Returns what the waker left.
    #[inline(never)]
    #[track_caller]
    fn wait(
        &self,
        here: &mut Here,
        mut state: Guard<'_, State<T>>,
        (side, slot): (Side<T>, Slot),
        limit: Limit,
    ) -> Slot {
        let (lock, queue) = (&self.state, side.queue);
        let (claim, at) = (Claim::new(), Location::caller());
        let waiter = match limit {
            Limit::Never => Waiter::new(slot, here.waker()),
            Limit::At(_) => Waiter::claimed(slot, here.waker(), &claim, 0),
        };
        // SAFETY: the node and what its slot names stay here until this goroutine or thread was woken,
        //         or for ever, or until the node is withdrawn below.
        unsafe { queue(&mut state).push_back(&waiter) };
        tell(here, state);
        let wait = InQueue { lock, queue, waiter: &waiter };
        if park_until(here, limit, &claim, (side.why, at), &wait) == Sleep::TimedOut {
            let _ = queue(&mut lock.lock()).withdraw(&waiter);
        }
        waiter.into_data()
    }

    /// Waits for the value that a select has promised, and makes when it is woken. Returns what it left.
    #[cold]
    fn wait_for(
        &self,
        here: &mut Here,
        (state, slot): (Guard<'_, State<T>>, Slot),
        (promise, sender): (NonNull<Slot>, Waker),
        (why, at): (Wait, Site),
    ) -> Slot {
        let waiter: Node = Waiter::pledged(slot, here.waker());
        // SAFETY: the sender's slot stays in place until its waker is used, below; the lock is held.
        unsafe { promise.write(Slot::Owed(NonNull::from_ref(&waiter))) };
        drop(state);
        here.wake(sender);
        let wait = InQueue { lock: &self.state, queue: Side::RECV.queue, waiter: &waiter };
        here.park(why, at, &wait);
        waiter.into_data()
    }

    #[track_caller]
    pub(super) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        step(TRY_SEND, &raw const self.state);
        here::owe();
        let mut value = ManuallyDrop::new(value);
        let mut state = self.state.lock();
        let error = match state.offer(&mut value) {
            Offered::Buffered => {
                tell(&mut Here::with_its_thread(), state);
                return Ok(());
            }
            Offered::Handed(receiver) => {
                drop(state);
                receiver.wake();
                return Ok(());
            }
            Offered::Full => TrySendError::Full,
            Offered::Disconnected => TrySendError::Disconnected,
        };
        drop(state);
        Err(error(ManuallyDrop::into_inner(value)))
    }

    #[track_caller]
    pub(super) fn try_recv(&self) -> Result<T, TryRecvError> {
        step(TRY_RECV, &raw const self.state);
        here::owe();
        let mut room = MaybeUninit::uninit();
        let mut here = Here::with_its_thread();
        match self.take(&mut here, &mut room, (Wait::Recv, Location::caller())) {
            // SAFETY: (init) a value was moved there.
            Got::Value => Ok(unsafe { room.assume_init() }),
            Got::Nothing(_) => Err(TryRecvError::Empty),
            Got::Disconnected => Err(TryRecvError::Disconnected),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.state.lock().buffer.len()
    }

    pub(super) fn cap(&self) -> Option<usize> {
        self.state.lock().cap
    }

    pub(super) fn is_full(&self) -> bool {
        self.state.lock().is_full()
    }
}

/// Unlocks a channel that has changed, and tells those who look.
#[inline]
pub(super) fn tell<T>(here: &mut Here, state: Guard<'_, State<T>>) {
    if !state.lookers.is_empty() {
        tell_lookers(here, state);
    }
}

#[cold]
fn tell_lookers<T>(here: &mut Here, mut state: Guard<'_, State<T>>) {
    let mut lookers = Vec::new();
    while let Some(((), waker)) = state.lookers.pop(|_| ()) {
        lookers.push(waker);
    }
    drop(state);
    lookers.into_iter().for_each(|waker| here.wake(waker));
}
