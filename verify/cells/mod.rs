//! Scenarios: small programs over one protocol, each written once and explored by both checkers.
//!
//! A scenario ends in an outcome, a short text. `outcomes` names exactly those that exist. The loom
//! suite explores the scenario without a bound and requires that it sees all of them and no other;
//! the shuttle suite explores it depth first and requires that it sees no other. So what shuttle
//! sees loom sees too, which is the check on loom's own exploration.
//!
//! Each file lists its scenarios once, in its macro `suite!`. A row reads
//!
//! ```text
//! the_tests_name = SCENARIO, loom BOUND, shuttle STRATEGY;
//! ```
//!
//! with `#[ignore = "long: ./check all"]` before it if loom needs more than a third of a minute: then `./check`
//! leaves it to `./check all`. It says nothing to shuttle.
//!
//! The bound is `All`, `Preemptions(n)` or `Window(n)` (`verify/loom/mod.rs`), and the strategy
//! `depth_first`, `cut(steps, schedules)` or `sampled` (`verify/shuttle/mod.rs`). Both twins of the
//! file invoke `suite!`, and each makes a test of every row; tests that only one checker has stand in
//! its twin.

use std::sync::Arc;

use crate::facade::thread::{self, JoinHandle, Signals};

pub(crate) use checker::window;

pub(crate) mod allp;
pub(crate) mod asleep;
pub(crate) mod chan;
mod checker;
pub(crate) mod claim;
pub(crate) mod condvar;
pub(crate) mod end;
pub(crate) mod faketime;
pub(crate) mod freelist;
pub(crate) mod futures;
pub(crate) mod globrunq;
pub(crate) mod gstatus;
pub(crate) mod handoff;
pub(crate) mod idle;
pub(crate) mod idleclass;
pub(crate) mod lanes;
pub(crate) mod litmus;
pub(crate) mod lock;
pub(crate) mod locked;
pub(crate) mod lockedm;
pub(crate) mod mlife;
pub(crate) mod netpoll;
pub(crate) mod note;
pub(crate) mod once;
mod onestep;
mod parcel;
pub(crate) mod pause;
pub(crate) mod pollbreak;
pub(crate) mod pollsema;
pub(crate) mod powner;
pub(crate) mod retake;
pub(crate) mod runq;
pub(crate) mod runtime;
pub(crate) mod rwlock;
pub(crate) mod safepoint;
pub(crate) mod sched;
pub(crate) mod select;
pub(crate) mod semaphore;
pub(crate) mod stop;
#[cfg(not(feature = "loom"))]
pub(crate) mod storm;
pub(crate) mod sync;
pub(crate) mod sysmonsleep;
pub(crate) mod tally;
pub(crate) mod template;
pub(crate) mod threaded;
pub(crate) mod tickets;
pub(crate) mod time;
pub(crate) mod timers;
pub(crate) mod trace;
pub(crate) mod waitq;
pub(crate) mod watcher;
pub(crate) mod world;

/// A program to explore.
pub(crate) struct Scenario {
    /// Threads, with the one that runs `run`.
    pub(crate) threads: usize,
    pub(crate) run: fn() -> String,
    /// Every outcome that exists.
    pub(crate) outcomes: &'static [&'static str],
}

/// Starts a thread of the model.
pub(crate) fn spawn(f: impl FnOnce() + Send + 'static) -> JoinHandle {
    thread::spawn(String::from("model"), Signals::of_this_thread(), f)
        .expect("a model can always start a thread")
}

/// Starts a thread of the model that has what is shared.
pub(crate) fn beside<T: Send + Sync + 'static>(
    shared: &Arc<T>,
    f: impl FnOnce(&T) + Send + 'static,
) -> JoinHandle {
    let shared = shared.clone();
    spawn(move || f(&shared))
}
