//! Taking a goroutine to run: one way for each source.

use super::{chosen, steal, timers};
use crate::proto::idle::Spinning;
use crate::proto::runq::{Next, Slice};
use crate::sched::gmp::g::GRef;
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::p::RUNQ_LEN;

/// After so many time slices the shared queue is asked before the P's own (Go's number). Otherwise
/// two goroutines that ready each other for ever would keep the shared queue waiting.
const GLOBAL_TICK: u32 = 61;

/// So many goroutines share one time slice at most. Otherwise two goroutines that ready each other
/// through runnext would keep the P's own ring waiting until sysmon sees it. Go relies on sysmon
/// alone, and turns runnext off where it has no sysmon (golang/go#65178).
const MAX_INHERITED: u32 = 64;

/// A P takes at most so many from the shared queue at once: half a ring, as Go.
const GLOBAL_BATCH: usize = RUNQ_LEN / 2;

/// Whether this time slice begins with the sources that belong to no P.
pub(crate) fn is_turn_of_others(m: MRef) -> bool {
    m.p().schedtick().is_multiple_of(GLOBAL_TICK)
}

/// From the P's own queue; now and then from the shared one first. In a check of a user's program the check
/// chooses.
pub(crate) fn take_local(m: MRef) -> Option<GRef> {
    if let Some(g) = chosen::take(m) {
        return Some(g);
    }
    let p = m.p();
    if is_turn_of_others(m)
        && let Some(g) = m.sched.globrunq.get()
    {
        count(m, Slice::New);
        return Some(g);
    }
    if p.own(|own| own.inherited) >= MAX_INHERITED {
        p.own(|own| own.inherited = 0);
        let (g, _) = p.runq.get_ring_first()?;
        count(m, Slice::New);
        return Some(g);
    }
    let (g, slice) = p.runq.get()?;
    count(m, slice);
    Some(g)
}

/// Counts a goroutine that is about to run: a new time slice, or one more in the old one.
fn count(m: MRef, slice: Slice) {
    let p = m.p();
    match slice {
        Slice::New => p.begin_slice(false),
        Slice::Inherited => p.own(|own| own.inherited += 1),
    }
}

/// What was taken out of the shared queue.
pub(crate) struct Share {
    /// To be run now.
    pub(crate) g: GRef,
    /// Whether others came with it. For a moment they were in no queue, and a last look may have
    /// missed them.
    pub(crate) has_others: bool,
}

/// A share of the shared queue: one to run now, the others into the P's own.
pub(crate) fn take_global(m: MRef) -> Option<Share> {
    let sched = m.sched;
    let mut batch = sched.globrunq.get_batch(sched.allp.len() as usize, GLOBAL_BATCH);
    let g = batch.pop_front()?;
    let has_others = !batch.is_empty();
    while let Some(other) = batch.pop_front() {
        if let Some(spilled) = m.p().runq.put(other, Next::No) {
            sched.globrunq.put_batch(spilled);
        }
    }
    count(m, Slice::New);
    Some(Share { g, has_others })
}

/// From another P, unless enough others try already.
pub(crate) fn steal_as_spinner(m: MRef) -> Option<GRef> {
    if m.spinning() == Spinning::No {
        let procs = m.sched.allp.len();
        m.set_spinning(m.sched.idle.start_spinning(procs));
    }
    if m.spinning() == Spinning::No {
        return None;
    }
    if timers::steal(m.sched, m.p()) == timers::Ran::Some
        && let Some(g) = take_local(m)
    {
        return Some(g);
    }
    let g = steal::steal(m)?;
    count(m, Slice::New);
    Some(g)
}

/// Takes a goroutine that runs only when no other has anything to do.
pub(crate) fn take_idle_class(m: MRef) -> Option<GRef> {
    let g = m.sched.idleq.get()?;
    m.p().begin_slice(true);
    Some(g)
}
