//! The loom suites: one file a protocol, one test a property.
//!
//! Every model prints a line: its threads, its bound, how many executions it took, and that it
//! completed (a model that does not complete does not return). `GOSCHED_HUNT=1` looks for a failure
//! instead: bounds 1, 2, 3 first, so that it comes soon and with few preemptions; each is announced.
//! `GOSCHED_BOUND=n` explores within n preemptions, whatever the table says: how long would one more
//! take, and does this mutant die at one less?
//!
//! A model that fails tells its last execution in lanes (`verify/cells/lanes.rs`).

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::cells::{Scenario, lanes};
use crate::facade::{journal, sites};

/// A test for each scenario of a table, within loom's bound.
macro_rules! explored {
    ($suite:ident: $($(#[$long:meta])? $test:ident = $scenario:ident,
        loom $bound:ident $(($preemptions:literal))?, shuttle $how:ident $(($($_limit:literal),*))?;
    )*) => {$(
        #[test]
        $(#[$long])?
        fn $test() {
            let name = concat!(stringify!($suite), "::", stringify!($test));
            let bound = $crate::verify::Bound::$bound $(($preemptions))?;
            $crate::verify::explore(name, &$crate::cells::$suite::$scenario, bound);
        }
    )*};
}

mod allp;
mod asleep;
mod chan;
mod claim;
mod condvar;
mod drawn;
mod end;
mod faketime;
mod freelist;
mod futures;
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
mod netpoll;
mod note;
mod once;
mod outside;
mod pause;
mod pollbreak;
mod pollsema;
mod powner;
mod retake;
mod runq;
mod rwlock;
mod safepoint;
mod sched;
mod select;
mod semaphore;
mod stop;
mod sync;
mod sysmonsleep;
mod tally;
mod template;
mod threaded;
mod tickets;
mod time;
mod timers;
mod trace;
mod waitq;
mod watcher;
mod world;

/// How far a model is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    /// Every execution that loom can make.
    All,
    /// Those with at most this many preemptions.
    Preemptions(usize),
    /// As `Preemptions`, and only what happens in [`crate::cells::window`] is explored: the boot and
    /// the end run in one order.
    Window(usize),
}

impl Bound {
    /// The one that is asked for instead, if one is.
    fn or_asked_for(self) -> Self {
        let Ok(asked) = std::env::var("GOSCHED_BOUND") else { return self };
        let n = asked.trim().parse().expect("GOSCHED_BOUND is a number");
        match self {
            Self::All | Self::Preemptions(_) => Self::Preemptions(n),
            Self::Window(_) => Self::Window(n),
        }
    }

    /// Bounds below this one, the narrowest first.
    fn narrower(self) -> Vec<Self> {
        match self {
            Self::All => (1..=3).map(Self::Preemptions).collect(),
            Self::Preemptions(n) => (1..n).map(Self::Preemptions).collect(),
            Self::Window(n) => (1..n).map(Self::Window).collect(),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => write!(f, "none"),
            Self::Preemptions(n) => write!(f, "{n} preemptions"),
            Self::Window(n) => write!(f, "{n} in window"),
        }
    }
}

/// Explores a scenario within a bound; its outcomes must be exactly the named ones.
pub(crate) fn explore(name: &str, scenario: &'static Scenario, bound: Bound) {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = outcomes.clone();
    let allowed: BTreeSet<String> = scenario.outcomes.iter().map(ToString::to_string).collect();
    let hunted = allowed.clone();
    model(name, scenario.threads, bound, move || {
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
    let bound = bound.or_asked_for();
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
        Bound::All => None,
        Bound::Preemptions(n) | Bound::Window(n) => Some(n),
    };
    builder.expect_explicit_explore = matches!(bound, Bound::Window(_));
    if is_hunting() {
        // The driver notes at which bound a mutant died.
        say(&format!("trying {name} bound {bound}"));
    }
    lanes::told(name, || {
        builder.check(move || {
            count.fetch_add(1, Relaxed);
            journal::begin();
            run();
        });
    });
    let bound = bound.to_string();
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
