//! Events as a source of work: goroutines whose descriptors become ready.

use crate::facade::Ordering::Relaxed;
use crate::proto::pollbreak::Added;
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

/// Has the sleeper hear of events if they are awaited. Called after somebody began to wait for them, or a P
/// became idle (`pollbreak`, I4). Says whether there is no sleeper.
pub(crate) fn open_ears(sched: &Sched) -> Added {
    if are_awaited(sched) { sched.sleeper.awaited() } else { Added::Known }
}
