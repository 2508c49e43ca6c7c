//! Waits that end by time, if nothing ends them before.

use core::ptr::NonNull;

use super::section::Section;
use crate::proto::claim::{self, Claim};
use crate::proto::note::Sleep;
use crate::sched::gmp::p::{Fire, Timer};
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::gmp::wait::{Abandon, Site, Wait};
use crate::sched::thread::sleeper;

/// Parks a goroutine until the claim is won: by its waker, or by the clock.
pub(super) fn park(
    section: &mut Section,
    deadline_ns: u64,
    claim: &Claim,
    (why, at): (Wait, Site),
    wait: &dyn Abandon,
) -> Sleep {
    let sched = section.m().sched;
    let timer = Timer::new();
    let p = section.p();
    let fire = Fire::Ready(section.g_ref(), NonNull::from_ref(claim));
    // SAFETY: the timer stays here until it has fired or was removed, below or by the end.
    unsafe { p.timers.add(p.id, &timer, deadline_ns, fire) };
    sleeper::tell(sched, deadline_ns);
    let timed = Timed { sched, timer: &timer, wait };
    section.park_for(why, at, &timed);
    ended_by(claim, || drop(remove(&sched, &timer)))
}

/// What ended a wait whose waiter is awake. If it was not the clock, `undo` takes back what would have
/// told the waiter the time.
pub(super) fn ended_by(claim: &Claim, undo: impl FnOnce()) -> Sleep {
    if claim.winner() == Some(claim::TIME) {
        return Sleep::TimedOut;
    }
    undo();
    Sleep::Woken
}

/// Takes a timer out of the heap that it is in, if it is in one.
pub(crate) fn remove(sched: &Sched, timer: &Timer) -> Option<Fire> {
    // Progress: whoever moves it is done soon.
    while let Some(home) = timer.home() {
        if let Some(fire) = sched.p(home).timers.remove(home, timer) {
            return Some(fire);
        }
    }
    None
}

/// A wait with a timer.
struct Timed<'a> {
    sched: SchedRef,
    timer: &'a Timer,
    wait: &'a dyn Abandon,
}

impl Abandon for Timed<'_> {
    fn abandon(&self) {
        drop(remove(&self.sched, self.timer));
        self.wait.abandon();
    }
}
