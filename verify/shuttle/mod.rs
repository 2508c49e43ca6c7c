//! The shuttle suites: the scenarios of the loom suites depth first, and larger programs at random.
//!
//! Every test prints a line: the strategy, its seed, how many schedules it ran, and whether that was
//! all. A failure prints its schedule and the seed it came from; either brings it back:
//!
//! ```text
//! GOSCHED_REPLAY=<schedule> cargo test --lib --features shuttle NAME    that schedule alone
//! GOSCHED_SEED=<seed> cargo test --lib --features shuttle NAME          all from that seed on
//! ```
//!
//! A schedule too long for a variable can lie in a file: `GOSCHED_REPLAY=@<file>`. That this works is
//! a test itself (`storm::a_failure_prints_its_schedule_which_fails_again`).
//!
//! A failure is told in lanes too (`verify/cells/lanes.rs`).

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ::shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, Scheduler,
    UncontrolledNondeterminismCheckScheduler,
};
use ::shuttle::{Config, MaxSteps, Runner};

use crate::cells::{Scenario, lanes, litmus::Litmus};
use crate::facade::journal;

/// A test for each scenario of a table, by shuttle's strategy.
macro_rules! explored {
    ($suite:ident: $($(#[$_long:meta])? $test:ident = $scenario:ident,
        loom $bound:ident $(($_preemptions:literal))?, shuttle $how:ident $(($($limit:literal),*))?;
    )*) => {$(
        #[test]
        fn $test() {
            let name = concat!(stringify!($suite), "::", stringify!($test));
            $crate::verify::$how(name, &$crate::cells::$suite::$scenario $($(, $limit)*)?);
        }
    )*};
}

mod allp;
mod asleep;
mod chan;
mod claim;
mod condvar;
mod end;
mod faketime;
mod freelist;
mod futures;
mod globrunq;
mod gstatus;
mod handoff;
mod idle;
mod idleclass;
mod linear;
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
mod storm;
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

/// Explores a scenario depth first, to the end; it may have no outcome but the named ones.
pub(crate) fn depth_first(name: &str, scenario: &'static Scenario) {
    let strategy = DfsScheduler::new(None, false);
    run_scenario(name, scenario, "depth first, complete", MaxSteps::FailAfter(100_000), strategy);
}

/// As [`depth_first`], for a scenario with a loop that waits: schedules are cut off after `steps`.
pub(crate) fn cut(name: &str, scenario: &'static Scenario, steps: usize, schedules: usize) {
    let scheduler = DfsScheduler::new(Some(schedules), false);
    let strategy = format!("depth first, at most {schedules} schedules of {steps} steps");
    run_scenario(name, scenario, &strategy, MaxSteps::ContinueAfter(steps), scheduler);
}

/// Runs a scenario too large to be searched to the end, at random and by PCT; it may have no outcome
/// but the named ones.
pub(crate) fn sampled(name: &str, scenario: &'static Scenario) {
    const DEPTH: usize = 3;
    at_random(name, scenario);
    pct(name, DEPTH, SCHEDULES, move || keeps_to(scenario));
}

/// Like [`sampled`], without PCT: for a scenario with a loop that waits, in which PCT lets one thread
/// run for ever.
pub(crate) fn at_random(name: &str, scenario: &'static Scenario) {
    random(name, SCHEDULES, move || keeps_to(scenario));
}

const SCHEDULES: usize = 1_000;

fn keeps_to(scenario: &Scenario) {
    let outcome = (scenario.run)();
    assert!(scenario.outcomes.contains(&outcome.as_str()), "loom does not see {outcome}");
}

/// Explores a litmus depth first, to the end: it shows the sequentially consistent outcomes.
pub(crate) fn sequentially_consistent(name: &str, litmus: &'static Litmus) {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = outcomes.clone();
    let (strategy, steps) = ("depth first, complete", MaxSteps::FailAfter(100_000));
    run(name, strategy, steps, DfsScheduler::new(None, false), move || {
        seen.lock().unwrap().insert((litmus.scenario.run)());
    });
    let sc: BTreeSet<String> = litmus.sc.iter().map(ToString::to_string).collect();
    assert_eq!(*outcomes.lock().unwrap(), sc, "outcomes that shuttle sees, and SC ones");
}

fn run_scenario(
    name: &str,
    scenario: &'static Scenario,
    strategy: &str,
    max_steps: MaxSteps,
    scheduler: impl Scheduler + 'static,
) {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = outcomes.clone();
    run(name, strategy, max_steps, scheduler, move || {
        // Run first: a schedule that is cut off never gives back a lock it holds.
        let outcome = (scenario.run)();
        seen.lock().unwrap().insert(outcome);
    });
    let seen = std::mem::take(&mut *outcomes.lock().unwrap());
    assert!(!seen.is_empty(), "a scenario that never ends shows nothing");
    for outcome in seen {
        assert!(scenario.outcomes.contains(&outcome.as_str()), "loom does not see {outcome}");
    }
}

/// Runs a program under `schedules` random schedules.
pub(crate) fn random(name: &str, schedules: usize, program: impl Fn() + Send + Sync + 'static) {
    let seed = seed();
    let strategy = format!("random, seed {seed}");
    run(name, &strategy, STEPS, RandomScheduler::new_from_seed(seed, schedules), program);
}

/// Runs a program under `schedules` schedules of PCT with `depth` priority changes.
pub(crate) fn pct(
    name: &str,
    depth: usize,
    schedules: usize,
    program: impl Fn() + Send + Sync + 'static,
) {
    let seed = seed();
    let strategy = format!("pct depth {depth}, seed {seed}");
    run(name, &strategy, STEPS, PctScheduler::new_from_seed(seed, depth, schedules), program);
}

/// Runs each of `schedules` random schedules twice: both must go the same way.
pub(crate) fn deterministic(
    name: &str,
    schedules: usize,
    program: impl Fn() + Send + Sync + 'static,
) {
    let random = RandomScheduler::new_from_seed(seed(), schedules);
    run(name, "each twice", STEPS, UncontrolledNondeterminismCheckScheduler::new(random), program);
}

/// A new seed, unless one is asked for.
fn seed() -> u64 {
    match std::env::var("GOSCHED_SEED") {
        Ok(seed) => seed.trim().parse().expect("GOSCHED_SEED is a number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    }
}

const STEPS: MaxSteps = MaxSteps::FailAfter(2_000_000);

fn run(
    name: &str,
    strategy: &str,
    max_steps: MaxSteps,
    scheduler: impl Scheduler + 'static,
    program: impl Fn() + Send + Sync + 'static,
) {
    let mut config = Config::new();
    config.stack_size = 256 * 1024;
    config.max_steps = max_steps;
    config.silence_warnings = true;
    let start = Instant::now();
    let blame = Blame { name, strategy };
    let program = move || {
        journal::begin();
        program();
    };
    let schedules = lanes::told(name, || match replay() {
        Some(schedule) => {
            Runner::new(ReplayScheduler::new_from_encoded(&schedule), config).run(program)
        }
        None => Runner::new(scheduler, config).run(program),
    });
    drop(blame);
    let seconds = start.elapsed().as_secs_f64();
    let line = format!("shuttle {name:<65} {strategy}  schedules {schedules}  {seconds:.2} s");
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// The schedule that is asked for.
fn replay() -> Option<String> {
    let asked = std::env::var("GOSCHED_REPLAY").ok()?;
    let text = match asked.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).expect("GOSCHED_REPLAY names a file"),
        None => asked,
    };
    Some(text.split_whitespace().collect())
}

/// Says what failed, if it fails.
struct Blame<'a> {
    name: &'a str,
    strategy: &'a str,
}

impl Drop for Blame<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let line = format!("shuttle {} FAILED: {}", self.name, self.strategy);
            drop(writeln!(std::io::stderr(), "{line}"));
        }
    }
}
