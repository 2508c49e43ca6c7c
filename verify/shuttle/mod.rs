//! The shuttle suites: the scenarios of the loom suites depth first, and larger programs at random.
//!
//! Every test prints a line: the strategy, how many schedules it ran, and whether that was all. A
//! failure prints its schedule; `GOSCHED_REPLAY=<schedule> cargo test --features shuttle NAME` runs
//! that one again.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ::shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, Scheduler,
};
use ::shuttle::{Config, MaxSteps, Runner};

pub(crate) use ::shuttle::sync::{Mutex as StepMutex, MutexGuard};

use crate::cells::Scenario;

mod gstatus;
mod idle;
mod note;
mod powner;

/// Explores a scenario depth first, to the end; it may have no outcome but the named ones.
pub(crate) fn depth_first(scenario: &'static Scenario) {
    let strategy = DfsScheduler::new(None, false);
    run_scenario(scenario, "depth first, complete", MaxSteps::FailAfter(100_000), strategy);
}

/// As [`depth_first`], for a scenario with a loop that waits: schedules are cut off after `steps`.
pub(crate) fn depth_first_cut(scenario: &'static Scenario, steps: usize, schedules: usize) {
    let strategy = DfsScheduler::new(Some(schedules), false);
    let name = format!("depth first, at most {schedules} schedules of {steps} steps");
    run_scenario(scenario, &name, MaxSteps::ContinueAfter(steps), strategy);
}

fn run_scenario(
    scenario: &'static Scenario,
    strategy: &str,
    max_steps: MaxSteps,
    scheduler: impl Scheduler + 'static,
) {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = outcomes.clone();
    run(scenario.name, strategy, max_steps, scheduler, move || {
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
    run(name, "random", STEPS, RandomScheduler::new(schedules), program);
}

/// Runs a program under `schedules` schedules of PCT with `depth` priority changes.
pub(crate) fn pct(
    name: &str,
    depth: usize,
    schedules: usize,
    program: impl Fn() + Send + Sync + 'static,
) {
    let strategy = format!("pct depth {depth}");
    run(name, &strategy, STEPS, PctScheduler::new(depth, schedules), program);
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
    let schedules = if let Ok(schedule) = std::env::var("GOSCHED_REPLAY") {
        Runner::new(ReplayScheduler::new_from_encoded(&schedule), config).run(program)
    } else {
        Runner::new(scheduler, config).run(program)
    };
    let seconds = start.elapsed().as_secs_f64();
    let line = format!("shuttle {name:<65} {strategy}  schedules {schedules}  {seconds:.2} s");
    drop(writeln!(std::io::stderr(), "{line}"));
}
