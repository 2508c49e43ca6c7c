//! Waiting for permits: those of a semaphore, and the right to read or write what a lock guards.

use core::panic::Location;
use std::time::Duration;

use crate::api::deadline::after;
use crate::facade::{spin_hint, spins};
use crate::proto::claim::Claim;
use crate::proto::note::Sleep;
use crate::proto::semaphore::{Semaphore, Taken};
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::wait::{Abandon, Wait};

/// The permits, and those who wait for some.
pub(super) type Permits = Semaphore<Waker>;

/// The case of a claim that a server wins.
const SERVED: u32 = 0;

/// How often to look again before waiting: about the time of a short critical section.
const SPINS: u32 = 40;

/// Takes `n` permits; waits until it has them.
#[inline]
#[track_caller]
pub(super) fn acquire(permits: &Permits, n: usize, why: Wait) {
    let mut here = Here::arrive();
    if !permits.try_take(n) {
        acquire_slow(permits, n, why, &mut here);
    }
}

#[cold]
#[track_caller]
fn acquire_slow(permits: &Permits, n: usize, why: Wait, here: &mut Here) {
    if spin(permits, n) {
        return;
    }
    if let Some(refusal) = here.refusal() {
        refusal.panic();
    }
    let waiter = Waiter::new(n, here.waker());
    // SAFETY: the node stays here until this goroutine or thread was woken, or for ever.
    let taken = unsafe { permits.take_or_queue(&waiter, n) };
    if taken == Taken::Queued {
        here.park(why, Location::caller(), &ForPermits { permits, waiter: &waiter });
    }
}

/// Takes `n` permits; waits for them, but no longer than `timeout`. Returns whether it has them.
#[track_caller]
pub(super) fn acquire_within(permits: &Permits, n: usize, why: Wait, timeout: Duration) -> bool {
    let deadline_ns = after(timeout);
    let mut here = Here::arrive();
    if permits.try_take(n) || spin(permits, n) {
        return true;
    }
    if let Some(refusal) = here.refusal() {
        refusal.panic();
    }
    let claim = Claim::new();
    let waiter = Waiter::claimed(n, here.waker(), &claim, SERVED);
    // SAFETY: the node stays here until its waker was used, or it was withdrawn below, or for ever.
    let taken = unsafe { permits.take_or_queue(&waiter, n) };
    if taken == Taken::Now {
        return true;
    }
    let (why, wait) = ((why, Location::caller()), ForPermits { permits, waiter: &waiter });
    if here.park_until(deadline_ns, &claim, why, &wait) == Sleep::Woken {
        return true;
    }
    // The clock won, so nobody has given it any.
    let _ = permits.withdraw(&waiter, |waker| here.wake(waker));
    false
}

/// Tries for a while. Returns true if it took them.
fn spin(permits: &Permits, n: usize) -> bool {
    for _ in 0..spins(SPINS) {
        if permits.has(n) && permits.try_take(n) {
            return true;
        }
        spin_hint();
    }
    false
}

/// A wait for permits. If the waiter will never run again, those it was given go to the next.
struct ForPermits<'a> {
    permits: &'a Permits,
    waiter: &'a Waiter<usize, Waker>,
}

impl Abandon for ForPermits<'_> {
    fn abandon(&self) {
        match self.permits.withdraw(self.waiter, Waker::wake) {
            Withdrawn::Queued(waker) => waker.abandon(),
            Withdrawn::WasWoken(n) => self.permits.give(n, Waker::wake),
            Withdrawn::Already => {}
        }
    }
}
