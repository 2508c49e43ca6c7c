//! A hundred goroutines on four Ps; and the suites' own promises: schedules go the same way twice,
//! and a failing one is printed and fails again.

use std::process::{Command, Output};

use super::{deterministic, pct, random};
use crate::cells::{sched, storm};

const DEPTH: usize = 3;

#[test]
fn a_hundred_goroutines_lose_nothing_at_random() {
    random("storm::a_hundred_goroutines_lose_nothing", 5_000, storm::storm);
}

#[test]
fn a_hundred_goroutines_lose_nothing_by_pct() {
    pct("storm::a_hundred_goroutines_lose_nothing", DEPTH, 5_000, storm::storm);
}

#[test]
fn those_who_stop_the_world_in_turn_all_come_to_it() {
    random("storm::those_who_stop_the_world_in_turn", 10_000, storm::stops);
    pct("storm::those_who_stop_the_world_in_turn", DEPTH, 20_000, storm::stops);
}

#[test]
fn the_scheduler_does_nothing_that_the_schedule_does_not_say() {
    deterministic("storm::the_scheduler_is_deterministic", 20, storm::storm);
}

/// Asks for [`no_goroutine_ever_moves`] to look.
const BY_DESIGN: &str = "GOSCHED_FAIL_BY_DESIGN";

/// Fails by design, where the test below asks for it: some schedule moves the goroutine.
#[test]
fn no_goroutine_ever_moves() {
    if std::env::var_os(BY_DESIGN).is_none() {
        return;
    }
    random("storm::no_goroutine_ever_moves", 1_000, || {
        assert_eq!((sched::STARTS_HERE_ENDS_THERE.run)(), "stayed");
    });
}

/// Runs the test above in a process of its own.
fn fail_by_design(replay: Option<&str>) -> Output {
    let program = std::env::current_exe().expect("a test knows its file");
    let mut command = Command::new(program);
    command.args(["--exact", "--nocapture", "verify::storm::no_goroutine_ever_moves"]);
    command.env_remove("GOSCHED_REPLAY").env(BY_DESIGN, "1");
    command.envs(replay.map(|schedule| ("GOSCHED_REPLAY", schedule)));
    command.output().expect("a test can start itself")
}

#[test]
fn a_failure_prints_its_schedule_which_fails_again() {
    let first = fail_by_design(None);
    let said = String::from_utf8_lossy(&first.stderr);
    assert!(!first.status.success(), "no schedule of a thousand moved it: {said}");
    assert!(said.contains("FAILED: random, seed "), "no seed in: {said}");
    let schedule = said.split('"').nth(1).expect("the schedule is printed in quotes");
    let schedule: String = schedule.split_whitespace().collect();
    assert!(schedule.starts_with("91"), "no schedule in: {said}");

    let second = fail_by_design(Some(&schedule));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success(), "the schedule did not fail again: {said}");
    assert!(said.contains("\"moved\""), "it failed otherwise: {said}");
}
