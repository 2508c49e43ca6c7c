//! Waiting for permits: those of a semaphore, and the right to read or write what a lock guards.

use core::panic::Location;

use crate::facade::{spin_hint, spins};
use crate::proto::semaphore::{Semaphore, Taken};
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::wait::{Abandon, Wait};

/// The permits, and those who wait for some.
pub(super) type Permits = Semaphore<Waker>;

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
