//! What this crate's operations cost in cache lines that move between cores, by simulation: for `./check cost`,
//! which writes `verify/results/cost.md`, and for the tests that hold its numbers.
//!
//! It counts what a program does that runs under shuttle, on the thread that calls it. What a line, a core and a
//! transfer are is told in `src/facade/cost.rs`.

use std::panic::Location;

use super::runtime::Runtime;
use crate::facade::cost::{self, Place, Tally, label};
use crate::sched::schedt::Sched;

/// What was counted at one place in this crate's source.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Where the accesses stand.
    pub place: &'static Location<'static>,
    /// In which part of the scheduler the memory lies, for some of them.
    pub within: Option<&'static str>,
    /// How often memory was accessed.
    pub accesses: u64,
    /// How many cache lines moved from one core to another.
    pub transfers: u64,
    /// How many of those moved only because two words share a line.
    pub shared_lines: u64,
    /// How many copies were taken from other cores.
    pub invalidations: u64,
    /// How many fences interrupted all cores.
    pub heavy_fences: u64,
}

/// Counts what the models of this thread do from here on. All caches are empty.
pub fn begin() {
    cost::set(true);
}

/// Counts no more.
pub fn end() {
    cost::set(false);
}

/// Names the parts of a runtime, which lie in one piece of memory.
pub fn name_parts(rt: &Runtime) {
    let sched: &Sched = &rt.sched();
    label(&sched.globrunq, "the shared queue");
    label(&sched.idleq, "the idle class's queue");
    label(&sched.idle, "idle");
    label(&sched.free, "the shared free list");
    label(&sched.mlife, "mlife");
    label(&sched.pause, "pause");
    label(&sched.stop, "stop");
    label(&sched.world, "world");
    label(&sched.awaited, "awaited");
    label(&sched.sleeper, "sleeper");
    label(&sched.watcher, "watcher");
    label(&sched.runs, "runs");
    for p in sched.allp.iter() {
        label(&p.runq, "a P's queue");
        label(&p.timers, "a P's timers");
    }
}

/// Returns what was counted since the last call, by places. The caches stay as they are.
pub fn take() -> Vec<Site> {
    let site = |((place, within), tally): (Place, Tally)| Site {
        place,
        within,
        accesses: tally.accesses,
        transfers: tally.transfers,
        shared_lines: tally.shared_lines,
        invalidations: tally.invalidations,
        heavy_fences: tally.heavy_fences,
    };
    cost::take().into_iter().map(site).collect()
}
