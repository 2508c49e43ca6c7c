//! Finding a goroutine to run: the steps, one after the other (Go's `findRunnable`).

use super::g::GRef;
use super::m::MRef;
use super::world::{self, Answered};
use super::{steal, wake, work};
use crate::proto::idle::{Dropped, Spinning};
use crate::proto::runq::{Next, Slice};

/// Every so many goroutines the shared queue is asked before the P's own (Go's number): so that two
/// that ready each other for ever do not keep those in the shared one waiting.
const GLOBAL_TICK: u32 = 61;

/// So many goroutines share one time slice at most. A pair that ready each other through runnext
/// would otherwise keep the P's own ring waiting until sysmon sees it; Go relies on sysmon alone and
/// turns runnext off where there is none (golang/go#65178).
const MAX_INHERITED: u32 = 64;

/// A P takes at most so many from the shared queue at once: half a ring, as Go.
const GLOBAL_BATCH: usize = super::p::RUNQ_LEN / 2;

/// What the last look before parking saw.
#[derive(PartialEq, Eq)]
enum Saw {
    Work,
    Nothing,
}

/// Waits for a goroutine to run; `None` if the M must end. The M has a P, before and after.
pub(crate) fn find_runnable(m: MRef) -> Option<GRef> {
    loop {
        if m.sched.is_stopping() {
            return None;
        }
        if m.lease.is_wanted() && world::answer(m) == Answered::WithoutP {
            if wake::stopm(m).is_break() {
                return None;
            }
            continue;
        }
        if let Some(g) = take_local(m)
            .or_else(|| take_global(m))
            .or_else(|| steal_as_spinner(m))
            .or_else(|| take_idle_class(m))
        {
            wake::reset_spinning(&m);
            return Some(g);
        }
        if last_look(m) == Saw::Nothing && wake::stopm(m).is_break() {
            return None;
        }
    }
}

/// From the P's own queue; now and then from the shared one first.
fn take_local(m: MRef) -> Option<GRef> {
    let p = m.p();
    if p.schedtick().is_multiple_of(GLOBAL_TICK)
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

/// A share of the shared queue: one to run now, the others into the P's own.
fn take_global(m: MRef) -> Option<GRef> {
    let sched = m.sched;
    let mut batch = sched.globrunq.get_batch(sched.allp.len() as usize, GLOBAL_BATCH);
    let g = batch.pop_front()?;
    let is_shared_out = !batch.is_empty();
    while let Some(other) = batch.pop_front() {
        if let Some(spilled) = m.p().runq.put(other, Next::No) {
            sched.globrunq.put_batch(spilled);
        }
    }
    if is_shared_out {
        // While they were in our hands, a last look elsewhere saw them in no queue.
        wake::wakep(sched);
    }
    count(m, Slice::New);
    Some(g)
}

/// From another P, unless enough others try already.
fn steal_as_spinner(m: MRef) -> Option<GRef> {
    if m.spinning() == Spinning::No {
        let procs = m.sched.allp.len();
        m.set_spinning(m.sched.idle.start_spinning(procs));
    }
    if m.spinning() == Spinning::No {
        return None;
    }
    let g = steal::steal(m)?;
    count(m, Slice::New);
    Some(g)
}

/// One of those that run when nothing else does.
fn take_idle_class(m: MRef) -> Option<GRef> {
    let g = m.sched.idleq.get()?;
    m.p().begin_slice(true);
    Some(g)
}

/// Gives the P up; a spinner then looks at every queue once more (`proto/idle`, the dance).
fn last_look(m: MRef) -> Saw {
    let sched = m.sched;
    let p = m.releasep();
    loop {
        match sched.idle.drop_p(p.id, || p.is_asked(&sched)) {
            Dropped::Idle => break,
            Dropped::LookAgain => {
                m.acquirep(p);
                m.set_spinning(Spinning::Yes);
                return Saw::Work;
            }
            Dropped::Asked if world::answer_released(m, p) == Answered::WithP => {}
            Dropped::Asked => return Saw::Nothing,
        }
    }
    if m.spinning() == Spinning::No {
        return Saw::Nothing;
    }
    m.set_spinning(Spinning::No);
    sched.idle.stop_spinning();
    if !work::exists(&sched) {
        return Saw::Nothing;
    }
    let Some(p) = sched.idle.take_p(Spinning::Yes) else { return Saw::Nothing };
    m.acquirep(sched.p(p));
    m.set_spinning(Spinning::Yes);
    sched.watcher.poke();
    Saw::Work
}
