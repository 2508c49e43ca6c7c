//! Where work can be: the one list of sources. A thread that gives a P up looks here. A new source
//! of goroutines must be added here.
//!
//! Events of the kernel cannot be seen without taking them. Whoever gives a P up makes sure that somebody
//! hears them (`thread/sleeper`, `thread/netpoll::ensure_heard`).

use super::timers;
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::Sched;

/// Whether any source has work, as far as one look can tell: a caller that must be sure fences
/// first (`proto/idle`).
pub(crate) fn exists(sched: &Sched) -> bool {
    exists_for_all(sched) || sched.allp.iter().any(|p| !p.runq.is_empty())
}

/// Whether there is work for the owner of `p` without stealing, or timers that nobody waits for.
pub(crate) fn exists_for(sched: &Sched, p: PRef) -> bool {
    exists_for_all(sched) || !p.runq.is_empty() || timers::are_forgotten(sched)
}

/// In the sources that belong to no P.
fn exists_for_all(sched: &Sched) -> bool {
    !sched.globrunq.is_empty() || !sched.idleq.is_empty() || timers::are_due(sched)
}

/// Whether a goroutine waits for `p` that is entitled to it: the goroutine that runs there should
/// make room.
pub(crate) fn waits_for(sched: &Sched, p: PRef) -> bool {
    !p.runq.is_empty() || !sched.globrunq.is_empty() || timers::are_due(sched)
}
