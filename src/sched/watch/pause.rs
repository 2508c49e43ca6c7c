//! Pausing all goroutines, except the one that asks for it (Go's `schedEnableUser`).

use super::world::{self, Stopped};
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::thread::start;
use crate::sched::work::queue;

/// Begins a pause. The caller is the goroutine `pauser`, which continues, or an ordinary thread.
#[track_caller]
pub(crate) fn begin(sched: SchedRef, pauser: Option<GRef>) {
    let world = Stopped::new(sched);
    if let Some(g) = pauser {
        g::header(g).count_pauses(1);
    }
    sched.pause.begin();
    drop(world);
}

/// Ends a pause. The caller is the same as at its beginning.
pub(crate) fn end(sched: SchedRef, pauser: Option<GRef>) {
    if sched.is_gone() {
        return; // forked meanwhile: no goroutine is held back here
    }
    if let Some(g) = pauser {
        g::header(g).count_pauses(-1);
    }
    let mut held = sched.pause.end();
    while let Some(g) = held.pop_front() {
        queue::put_shared(&sched, g);
        start::wakep(sched);
    }
    world::after_pause(sched);
}
