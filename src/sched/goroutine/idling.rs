//! A wait until all other goroutines wait, on virtual time.

use super::here::Here;
use crate::proto::faketime::FakeTime;
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::gmp::g::Waker;
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::gmp::wait::{Abandon, Site, Wait};

/// Waits until all other goroutines wait.
#[track_caller]
pub(crate) fn wait_idle(sched: SchedRef, at: Site) {
    let Some(time) = &sched.faketime else { return };
    let mut here = Here::arrive();
    if let Some(refusal) = here.refusal() {
        refusal.panic();
    }
    let waiter = Waiter::new((), here.waker());
    // SAFETY: the node stays here until its waker was used, or for ever.
    unsafe { time.queue(&waiter) };
    here.park(Wait::Idle, at, &ForAll { time, waiter: &waiter });
}

/// A wait until all others wait.
struct ForAll<'a> {
    time: &'a FakeTime<Waker>,
    waiter: &'a Waiter<(), Waker>,
}

impl Abandon for ForAll<'_> {
    fn abandon(&self) {
        if let Withdrawn::Queued(waker) = self.time.withdraw(self.waiter) {
            waker.abandon();
        }
    }
}
