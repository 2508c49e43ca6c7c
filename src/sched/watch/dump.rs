//! The list of a runtime's goroutines, with what each does and the stacks of those that do not run.

use std::collections::HashMap;
use std::sync::Arc;

use super::census::{Listed, State, Thread};
use super::peeker::Peeker;
use crate::facade::now_ns;
use crate::sched::gmp::arena::{self, Owner};
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::schedt::Sched;

/// The goroutines of a scheduler, by ascending numbers, with all that can be found of each: its thread if it
/// runs, its stack if it does not. Waits for nothing but short locks, see [`peeker`](super::peeker).
pub(crate) fn dump(sched: &Sched) -> Vec<Listed> {
    let all = each(sched, Peeker::new());
    let threads = threads(sched);
    let with_thread = |(g, listed): (GRef, Listed)| {
        let thread = threads.get(&g).filter(|_| listed.runs()).map(|&m| thread_of(m));
        Listed { thread, ..listed }
    };
    all.into_iter().map(with_thread).collect()
}

/// The goroutines of a scheduler, by ascending numbers, without their threads.
pub(super) fn each(sched: &Sched, mut peeker: Peeker) -> Vec<(GRef, Listed)> {
    let owned = (sched.config.stack, Owner::new(sched));
    let mut all: Vec<(GRef, Listed)> = Vec::new();
    for top in arena::slots(owned.0, owned.1, Some) {
        let g = g::of(top);
        // One at a time: others need the arena too.
        let seen = arena::slot(owned, top, |_| peeker.look(g::header(g), now_ns()));
        all.extend(seen.map(|listed| {
            let frames = peeker.frames().map(Arc::from);
            (g, Listed { frames, ..listed })
        }));
    }
    let is_paused = sched.pause.is_on();
    for (_, listed) in &mut all {
        listed.is_held_back = is_paused && listed.state == State::Runnable;
    }
    all.sort_unstable_by_key(|(_, listed)| listed.id);
    all
}

/// The Ms that run goroutines, by these.
fn threads(sched: &Sched) -> HashMap<GRef, MRef> {
    let mut running = HashMap::new();
    sched.mlife.for_each(|m| running.extend(m.running().map(|g| (g, MRef::new(m)))));
    running
}

fn thread_of(m: MRef) -> Thread {
    Thread { id: m.tid(), is_asleep: m.is_asleep() }
}
