//! The whole scheduler under loom: two Ms, two Ps, goroutines on their own stacks. Bounded: the
//! number of preemptions is in each line.

use super::{Bound, explore};
use crate::cells::sched;

#[test]
fn a_goroutine_is_spawned_and_joined() {
    explore(&sched::SPAWN_AND_JOIN, Bound::Window(2));
}

#[test]
fn a_goroutine_starts_on_one_thread_and_ends_on_another() {
    explore(&sched::STARTS_HERE_ENDS_THERE, Bound::Window(2));
}

#[test]
fn one_that_yields_lets_the_other_run() {
    explore(&sched::YIELD, Bound::Window(2));
}

#[test]
fn no_goroutine_waits_while_a_p_is_idle() {
    explore(&sched::HOGS, Bound::Window(1));
}

#[test]
fn a_readied_goroutine_runs_beside_the_one_that_readied_it() {
    explore(&sched::READIED_BESIDE_A_HOG, Bound::Window(2));
}

#[test]
fn a_goroutine_from_outside_runs_though_the_last_m_parks() {
    explore(&sched::SUBMITTED_AS_THE_LAST_M_PARKS, Bound::Window(2));
}

#[test]
fn a_goroutine_readied_from_outside_runs_though_the_last_m_parks() {
    explore(&sched::READIED_AS_THE_LAST_M_PARKS, Bound::Window(2));
}

#[test]
fn a_goroutine_whose_p_was_taken_goes_on() {
    explore(&sched::P_TAKEN, Bound::Window(2));
}

#[test]
fn a_runtime_ends_though_a_goroutine_waits() {
    explore(&sched::ENDS_WITH_ONE_THAT_WAITS, Bound::Window(3));
}

#[test]
fn no_goroutine_waits_in_the_hands_of_a_busy_thread() {
    explore(&sched::TWO_FROM_OUTSIDE, Bound::Window(1));
}

#[test]
fn a_p_is_taken_with_its_queue() {
    explore(&sched::P_TAKEN_WITH_ITS_QUEUE, Bound::Window(2));
}

#[test]
fn a_goroutine_that_moved_only_leases_its_p() {
    explore(&sched::MOVED_AND_TAKEN, Bound::Window(2));
}
