//! Time as a goroutine sees it: that of its runtime, which may be virtual (`proto/faketime`).

use std::time::Instant;

use crate::facade;
use crate::sched::gmp::marks;
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::thread::start;
use crate::sched::work::faketime::{self, News};

/// The runtime whose goroutine this is, if that is of this process.
fn sched() -> Option<SchedRef> {
    marks::this_m().map(|m| m.sched).filter(|sched| !sched.is_gone())
}

/// What a deadline of this goroutine or thread goes by.
pub(crate) fn now_ns() -> u64 {
    sched().map_or_else(facade::now_ns, |sched| sched.now_ns())
}

/// The same, as users call it.
pub(crate) fn now() -> Instant {
    sched().map_or_else(Instant::now, |sched| sched.now())
}

/// What was done while time stood still for it is done.
pub(crate) fn go_on(sched: SchedRef) {
    if faketime::leave(&sched) == News::Work {
        start::wakep(sched);
    }
}

/// The runtime of this goroutine, if its time is virtual.
pub(crate) fn here() -> Option<SchedRef> {
    sched().filter(|sched| sched.faketime.is_some())
}

/// Moves the clock on by so much, as if this goroutine had computed for so long.
pub(crate) fn advance(sched: SchedRef, ns: u64) {
    if let Some(time) = &sched.faketime {
        time.advance(ns);
        start::wakep(sched); // for what is due now
    }
}
