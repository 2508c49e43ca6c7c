//! Pausing all goroutines but the one that asked for it (Go's `schedEnableUser`).

use super::g::{self, GRef};
use super::m::MRef;
use super::schedt::SchedRef;
use super::world::Stopped;
use super::{queue, wake};

/// Begins a pause. The caller is the goroutine `pauser`, which goes on, or an ordinary thread.
pub(crate) fn begin(sched: SchedRef, pauser: Option<GRef>) {
    let world = Stopped::new(sched);
    if let Some(g) = pauser {
        g::header(g).count_pauses(1);
    }
    sched.pause.begin();
    drop(world);
}

/// Ends it: the same caller.
pub(crate) fn end(sched: SchedRef, pauser: Option<GRef>) {
    if sched.is_gone() {
        return; // forked meanwhile: nobody is held back here
    }
    if let Some(g) = pauser {
        g::header(g).count_pauses(-1);
    }
    let mut held = sched.pause.end();
    while let Some(g) = held.pop_front() {
        queue::put_shared(&sched, g);
        wake::wakep(sched);
    }
    sched.world.after_pause(sched);
}

/// Whether a goroutine that an M is about to run is held back instead.
#[cold]
pub(crate) fn holds(m: MRef, g: GRef) -> bool {
    !g::header(g).is_pausing() && m.sched.pause.hold(g)
}

/// Whether a goroutine that got a P again must not go on with it.
pub(crate) fn forbids(sched: SchedRef, g: GRef) -> bool {
    sched.pause.is_on() && !g::header(g).is_pausing()
}
