//! Threads that cannot be had: the watcher tries again, and says once what holds those that there are.
//!
//! A limit of threads bounds them and ends nothing. Goroutines that may run wait until a thread comes
//! back: one whose goroutine has computed to its end, or was woken in the kernel, takes an idle P at
//! its next call and runs the others. If none ever does, they wait for ever.

use std::collections::HashMap;
use std::fmt;
use std::panic::Location;

use super::census::{self, State};
use crate::facade::Ordering::Relaxed;
use crate::machine::signal;
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::thread::start;
use crate::sched::work::source;

/// How often it tries again to make an M that could not be made.
const RETRY_NS: u64 = 10_000_000;
/// So many tries in vain while nothing moves, and it is said that the limit holds work up.
const MOST_TRIES: u32 = 10;
/// So many places are named at most.
const MOST_PLACES: usize = 3;

/// Tries to make an M that could not be made.
pub(super) struct Tries {
    at_ns: u64,
    /// Whether there were as many threads as there may be.
    was_full: bool,
    /// Time slices that had begun by then, on all Ps.
    ticks: u32,
    in_vain: u32,
    has_warned: bool,
}

impl Tries {
    pub(super) fn new(now_ns: u64) -> Self {
        Self { at_ns: now_ns, was_full: false, ticks: 0, in_vain: 0, has_warned: false }
    }

    /// Tries if it is time to, or if a thread has ended since.
    pub(super) fn look(&mut self, sched: SchedRef, now_ns: u64) {
        if !sched.idle.is_short() {
            self.in_vain = 0;
            return;
        }
        let is_full = sched.mlife.is_full();
        let came_back = core::mem::replace(&mut self.was_full, is_full) && !is_full;
        if came_back || now_ns - self.at_ns >= RETRY_NS {
            self.at_ns = now_ns;
            self.count(&sched, is_full);
            start::retry(sched);
        }
    }

    /// Counts a try, and warns where many were in vain.
    fn count(&mut self, sched: &Sched, is_full: bool) {
        let ticks = sched.allp.iter().fold(0, |sum, p| PRef::new(p).schedtick().wrapping_add(sum));
        let moves = core::mem::replace(&mut self.ticks, ticks) != ticks;
        self.in_vain = if moves { 0 } else { self.in_vain + 1 };
        if self.in_vain > MOST_TRIES && is_full && !self.has_warned && is_work_held_up(sched) {
            self.has_warned = true;
            signal::write_stderr(warning(sched).as_bytes());
        }
    }
}

/// Whether goroutines that may run wait for a thread.
fn is_work_held_up(sched: &Sched) -> bool {
    source::exists(sched) && !sched.pause.is_on() && !sched.is_stopping()
}

/// What holds the threads, in one line.
fn warning(sched: &Sched) -> String {
    // Relaxed: statistic; below zero while one is handed a P before it has parked.
    let waiting = sched.locked_idle.load(Relaxed).cast_signed().max(0).unsigned_abs() as usize;
    let ms = all_ms(sched);
    let asleep = ms.iter().filter(|m| m.is_asleep()).count();
    let blocked = asleep.saturating_sub(waiting);
    let computing = ms.len() - asleep;
    format!(
        "gosched: goroutines wait for a thread, and Builder::max_threads allows no more than {}: \
         {computing} of these compute, {blocked} block in the kernel, and {waiting} wait with a \
         goroutine that is locked to its thread{}; the others go on when one of these threads comes \
         back\n",
        sched.mlife.limit(),
        Places::of(sched),
    )
}

/// All Ms: asked outside the lock under which they are listed.
fn all_ms(sched: &Sched) -> Vec<MRef> {
    let mut ms = Vec::new();
    sched.mlife.for_each(|m| ms.push(MRef::new(m)));
    ms
}

/// Where the goroutines that keep threads were started, and how many at each place.
struct Places(Vec<(&'static Location<'static>, usize)>);

impl Places {
    fn of(sched: &Sched) -> Self {
        let mut counts = HashMap::new();
        for g in census::goroutines(sched).filter(|g| keeps_a_thread(sched, g.state)) {
            *counts.entry(g.started_at).or_insert(0) += 1;
        }
        let mut places: Vec<_> = counts.into_iter().collect();
        places.sort_unstable_by_key(|&(at, n)| (core::cmp::Reverse(n), at.file(), at.line()));
        Self(places)
    }
}

/// One that waits keeps its thread if all do.
fn keeps_a_thread(sched: &Sched, state: State) -> bool {
    match state {
        State::Running | State::Sleeps(..) => true,
        State::Waits(..) => sched.config.is_threaded,
        State::Runnable => false,
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (at, n)) in self.0.iter().take(MOST_PLACES).enumerate() {
            f.write_str(if i == 0 { "; they were started at " } else { ", " })?;
            write!(f, "{at} ({n})")?;
        }
        f.write_str(if self.0.len() > MOST_PLACES { " and elsewhere" } else { "" })
    }
}
