//! The loom suites: one file a protocol, one test a property.
//!
//! Every model prints a line: its threads, its bound, how many executions it took, and that it
//! completed (a model that does not complete does not return). `GOSCHED_HUNT=1` looks for a failure
//! instead: bounds 1, 2, 3 first, so that it comes soon and with few preemptions.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;

pub(crate) use ::loom::sync::{Mutex as StepMutex, MutexGuard};

use crate::cells::Scenario;
use crate::facade::sites;

mod allp;
mod asleep;
mod chan;
mod freelist;
mod globrunq;
mod gstatus;
mod handoff;
mod idle;
mod idleclass;
mod litmus;
mod lock;
mod locked;
mod lockedm;
mod mlife;
mod note;
mod outside;
mod pause;
mod powner;
mod retake;
mod runq;
mod safepoint;
mod sched;
mod stop;
mod sync;
mod sysmonsleep;
mod template;
mod threaded;
mod watcher;
mod world;

/// How far a model is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    /// Every execution that loom can make.
    None,
    /// Those with at most this many preemptions.
    Preemptions(usize),
    /// As `Preemptions`, and only what happens in [`crate::cells::window`] is explored: the boot and
    /// the end run in one order.
    Window(usize),
}

impl Bound {
    /// Bounds below this one, the narrowest first.
    fn narrower(self) -> Vec<Self> {
        match self {
            Self::None => (1..=3).map(Self::Preemptions).collect(),
            Self::Preemptions(n) => (1..n).map(Self::Preemptions).collect(),
            Self::Window(n) => (1..n).map(Self::Window).collect(),
        }
    }
}

/// Explores a scenario without a bound; its outcomes must be exactly the named ones.
pub(crate) fn exhaustive(scenario: &'static Scenario) {
    explore(scenario, Bound::None);
}

/// As [`exhaustive`], within a bound.
pub(crate) fn explore(scenario: &'static Scenario, bound: Bound) {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = outcomes.clone();
    let allowed: BTreeSet<String> = scenario.outcomes.iter().map(ToString::to_string).collect();
    let hunted = allowed.clone();
    model(scenario.name, scenario.threads, bound, move || {
        let outcome = (scenario.run)();
        assert!(hunted.contains(&outcome), "an outcome that must not be: {outcome}");
        seen.lock().unwrap().insert(outcome);
    });
    if !is_hunting() {
        assert_eq!(*outcomes.lock().unwrap(), allowed, "outcomes that loom sees, and that exist");
    }
}

fn is_hunting() -> bool {
    std::env::var_os("GOSCHED_HUNT").is_some()
}

/// Explores a program and prints what that took.
pub(crate) fn model(
    name: &str,
    threads: usize,
    bound: Bound,
    run: impl Fn() + Send + Sync + 'static,
) {
    let run = Arc::new(run);
    if is_hunting() {
        for narrower in bound.narrower() {
            check(name, threads, narrower, run.clone());
        }
    }
    check(name, threads, bound, run);
    for site in sites::take_seen() {
        say(&format!("site {name} {site}"));
    }
}

/// More decisions than any execution of ours takes: a loop without an end fails instead of hanging.
const MAX_BRANCHES: usize = 100_000;

fn check(name: &str, threads: usize, bound: Bound, run: Arc<impl Fn() + Send + Sync + 'static>) {
    let executions = Arc::new(AtomicUsize::new(0));
    let count = executions.clone();
    let start = Instant::now();
    let mut builder = ::loom::model::Builder::new();
    builder.max_branches = MAX_BRANCHES;
    builder.preemption_bound = match bound {
        Bound::None => None,
        Bound::Preemptions(n) | Bound::Window(n) => Some(n),
    };
    builder.expect_explicit_explore = matches!(bound, Bound::Window(_));
    builder.check(move || {
        count.fetch_add(1, Relaxed);
        run();
    });
    let bound = match bound {
        Bound::None => String::from("none"),
        Bound::Preemptions(n) => format!("{n} preemptions"),
        Bound::Window(n) => format!("{n} in window"),
    };
    say(&format!(
        "loom {name:<68} threads {threads}  bound {bound:<13} executions {:>8}  complete yes  {:.2} s",
        executions.load(Relaxed),
        start.elapsed().as_secs_f64()
    ));
}

/// Prints past the test harness, which would swallow the lines of the tests that pass.
pub(crate) fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
