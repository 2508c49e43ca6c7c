//! The whole scheduler under shuttle.

use super::sampled;
use crate::cells::sched;

#[test]
fn a_goroutine_is_spawned_and_joined() {
    sampled(&sched::SPAWN_AND_JOIN);
}

#[test]
fn a_goroutine_starts_on_one_thread_and_ends_on_another() {
    sampled(&sched::STARTS_HERE_ENDS_THERE);
}

#[test]
fn one_that_yields_lets_the_other_run() {
    sampled(&sched::YIELD);
}

#[test]
fn no_goroutine_waits_while_a_p_is_idle() {
    sampled(&sched::HOGS);
}

#[test]
fn a_readied_goroutine_runs_beside_the_one_that_readied_it() {
    sampled(&sched::READIED_BESIDE_A_HOG);
}

#[test]
fn a_goroutine_from_outside_runs_though_the_last_m_parks() {
    sampled(&sched::SUBMITTED_AS_THE_LAST_M_PARKS);
}

#[test]
fn a_goroutine_readied_from_outside_runs_though_the_last_m_parks() {
    sampled(&sched::READIED_AS_THE_LAST_M_PARKS);
}

#[test]
fn a_goroutine_whose_p_was_taken_goes_on() {
    sampled(&sched::P_TAKEN);
}

#[test]
fn a_runtime_ends_though_a_goroutine_waits() {
    sampled(&sched::ENDS_WITH_ONE_THAT_WAITS);
}

#[test]
fn no_goroutine_waits_in_the_hands_of_a_busy_thread() {
    sampled(&sched::TWO_FROM_OUTSIDE);
}

#[test]
fn a_p_is_taken_with_its_queue() {
    sampled(&sched::P_TAKEN_WITH_ITS_QUEUE);
}
