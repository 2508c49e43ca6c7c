//! Finding deadlocks: no thread is left that could wake any other (Go's `checkdead`).
//!
//! A thread that waits in `run` looks from time to time whether all threads of the process are
//! asleep ([`asleep`]), and nothing else will wake one. If so, it tells every `run` of its
//! runtime.
//!
//! # What is not found
//!
//! - A deadlock while no thread waits in `run`: there is nobody to tell.
//! - A deadlock of some goroutines, or of one runtime, while any other thread of the process is
//!   awake, ours or not: it might wake one of them. When that thread has ended or fallen asleep,
//!   the next look finds the deadlock. If the runtime is [isolated](crate::Builder::isolated), other
//!   threads do not matter, and two looks that find its goroutines in the same wait are enough
//!   ([`standstill`]).
//! - In the same way, any deadlock while a trace is written by a user's writer (`Runtime::trace`): its thread
//!   is awake to the end of the trace, because the writer may wake any goroutine.
//!
//! # Which threads are counted
//!
//! A thread that waits for a moment counts as awake, so a runtime with a pending timer is in no
//! deadlock: one of its threads waits for that ([`sleeper`](crate::sched::thread::sleeper)).
//!
//! A thread of ours that sleeps on a [`note`](crate::proto::note) is counted as asleep, whatever
//! it waits for. A thread that is being made counts like any other. So Ms that are locked to a
//! goroutine, or stopped with the world, need no count of their own as in Go.

use std::sync::Arc;

use super::{print, standstill};
use crate::machine::process;
use crate::proto::{asleep, note::Sleep};
use crate::sched::gmp::schedt::Sched;
use crate::sched::gmp::wait::{Abandon, Site, Wait};
use crate::sched::goroutine::here::Here;

/// How long a `run` has waited when it looks for the first time. The time doubles with each look,
const FIRST_LOOK_NS: u64 = 50_000_000;
/// up to this.
const MOST_NS: u64 = 3_200_000_000;

/// Waits as a call of `run`: until the waker was used, looking for a deadlock meanwhile.
pub(crate) fn park(here: &mut Here, sched: &Sched, at: Site, wait: &dyn Abandon) {
    let mut pause_ns = FIRST_LOOK_NS;
    let mut before = None;
    while here.park_at_most(pause_ns, (Wait::Join, at), wait) == Sleep::TimedOut {
        let now = if sched.config.is_isolated { standstill::look(sched) } else { None };
        let stands_still = now.is_some() && now == before;
        if stands_still || asleep::threads().is_everybody(process::thread_count) {
            report(sched);
        }
        before = now;
        pause_ns = MOST_NS.min(2 * pause_ns);
    }
}

/// Tells every call of `run`.
#[cold]
fn report(sched: &Sched) {
    let report: Arc<str> = print::report(sched).into();
    // Told without the lock: each wakes a thread.
    let runs = sched.runs.lock().clone();
    for run in runs {
        run.deadlocked(&report);
    }
}
