//! Events as a source of work: goroutines whose descriptors become ready.

use crate::facade::Ordering::Relaxed;
use crate::sched::gmp::schedt::Sched;

/// Whether goroutines of this scheduler wait for descriptors (Go's `netpollAnyWaiters`).
///
/// A goroutine counts until it runs again. So one that was readied and is in no queue yet counts too
/// (golang/go#61454).
#[inline]
pub(crate) fn are_awaited(sched: &Sched) -> bool {
    // Relaxed: hint; who falls asleep fences first (`pollbreak`).
    sched.awaited.load(Relaxed) != 0
}

/// Whether they do, and nobody sleeps who would hear of it.
#[inline]
pub(crate) fn are_unheard(sched: &Sched) -> bool {
    are_awaited(sched) && !sched.sleeper.hears()
}

/// Whether they do, and there is no sleeper at all.
pub(crate) fn are_forgotten(sched: &Sched) -> bool {
    are_awaited(sched) && !sched.sleeper.is_there()
}
