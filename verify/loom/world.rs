//! Stopping the world, with the whole scheduler, under loom. Bounded: the number of preemptions is in
//! each line.

use super::{Bound, explore};
use crate::cells::world;

#[test]
fn nobody_is_in_the_runtime_while_a_thread_has_stopped_the_world() {
    explore(&world::BY_A_THREAD, Bound::Window(1));
}

#[test]
fn nobody_is_in_the_runtime_while_a_goroutine_has_stopped_the_world() {
    explore(&world::BY_A_GOROUTINE, Bound::Window(1));
}

#[test]
fn a_p_on_its_way_to_a_thread_is_stopped_too() {
    explore(&world::ON_ITS_WAY, Bound::Window(1));
}

#[test]
fn what_was_left_to_a_spinner_that_stopped_is_found() {
    explore(&world::LEFT_TO_A_SPINNER, Bound::Window(1));
}

#[test]
fn two_goroutines_stop_the_world() {
    explore(&world::TWO_GOROUTINES, Bound::Window(1));
}

#[test]
fn a_goroutine_and_a_thread_stop_the_world() {
    explore(&world::A_GOROUTINE_AND_A_THREAD, Bound::Window(1));
}

#[test]
fn what_is_queued_on_a_p_that_goes_runs_elsewhere() {
    explore(&world::RESIZED, Bound::Window(1));
}

#[test]
fn a_goroutine_changes_the_number_of_ps_under_its_feet() {
    explore(&world::RESIZED_BY_A_GOROUTINE, Bound::Window(1));
}

#[test]
fn a_goroutine_started_while_the_world_is_stopped_runs_when_it_starts() {
    explore(&world::STARTED_MEANWHILE, Bound::Window(2));
}

#[test]
fn a_goroutine_started_beside_a_stop_runs() {
    explore(&world::STARTED_BESIDE, Bound::Window(1));
}

#[test]
fn a_goroutine_started_after_the_world_relies_on_nobody_who_stopped() {
    explore(&world::STARTED_AFTERWARDS, Bound::Window(2));
}

#[test]
fn an_m_that_was_asked_by_sysmon_stops_for_the_world() {
    explore(&world::ASKED_FOR_LESS, Bound::Window(2));
}

#[test]
fn a_goroutine_readied_while_the_world_is_stopped_runs_when_it_starts() {
    explore(&world::READIED_MEANWHILE, Bound::Window(2));
}

#[test]
fn a_function_runs_once_for_each_p() {
    explore(&world::FOR_EACH_P, Bound::Window(1));
}

#[test]
fn a_function_runs_for_a_p_that_goes_idle() {
    explore(&world::AS_IT_PARKS, Bound::Window(2));
}

#[test]
fn a_goroutine_comes_back_while_its_p_is_taken_and_the_world_stopped() {
    explore(&world::BACK_AND_TAKEN, Bound::Window(1));
}

#[test]
fn a_runtime_ends_though_goroutines_stop_the_world() {
    explore(&world::ENDS_MEANWHILE, Bound::Window(1));
}

#[test]
fn a_pauser_stops_the_world_though_one_held_back_waits_to() {
    explore(&world::IN_A_PAUSE, Bound::Window(1));
}
