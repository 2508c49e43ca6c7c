//! Stopping the world, with the whole scheduler, under shuttle.

use super::sampled;
use crate::cells::world;

#[test]
fn nobody_is_in_the_runtime_while_a_thread_has_stopped_the_world() {
    sampled(&world::BY_A_THREAD);
}

#[test]
fn nobody_is_in_the_runtime_while_a_goroutine_has_stopped_the_world() {
    sampled(&world::BY_A_GOROUTINE);
}

#[test]
fn a_p_on_its_way_to_a_thread_is_stopped_too() {
    sampled(&world::ON_ITS_WAY);
}

#[test]
fn what_was_left_to_a_spinner_that_stopped_is_found() {
    sampled(&world::LEFT_TO_A_SPINNER);
}

#[test]
fn two_goroutines_stop_the_world() {
    sampled(&world::TWO_GOROUTINES);
}

#[test]
fn a_goroutine_and_a_thread_stop_the_world() {
    sampled(&world::A_GOROUTINE_AND_A_THREAD);
}

#[test]
fn what_is_queued_on_a_p_that_goes_runs_elsewhere() {
    sampled(&world::RESIZED);
}

#[test]
fn a_goroutine_changes_the_number_of_ps_under_its_feet() {
    sampled(&world::RESIZED_BY_A_GOROUTINE);
}

#[test]
fn a_goroutine_started_while_the_world_is_stopped_runs_when_it_starts() {
    sampled(&world::STARTED_MEANWHILE);
}

#[test]
fn a_goroutine_started_beside_a_stop_runs() {
    sampled(&world::STARTED_BESIDE);
}

#[test]
fn a_goroutine_started_after_the_world_relies_on_nobody_who_stopped() {
    sampled(&world::STARTED_AFTERWARDS);
}

#[test]
fn an_m_that_was_asked_by_sysmon_stops_for_the_world() {
    sampled(&world::ASKED_FOR_LESS);
}

#[test]
fn a_goroutine_readied_while_the_world_is_stopped_runs_when_it_starts() {
    sampled(&world::READIED_MEANWHILE);
}

#[test]
fn a_function_runs_once_for_each_p() {
    sampled(&world::FOR_EACH_P);
}

#[test]
fn a_function_runs_for_a_p_that_goes_idle() {
    sampled(&world::AS_IT_PARKS);
}

#[test]
fn a_goroutine_comes_back_while_its_p_is_taken_and_the_world_stopped() {
    sampled(&world::BACK_AND_TAKEN);
}

#[test]
fn a_runtime_ends_though_goroutines_stop_the_world() {
    sampled(&world::ENDS_MEANWHILE);
}

#[test]
fn a_pauser_stops_the_world_though_one_held_back_waits_to() {
    sampled(&world::IN_A_PAUSE);
}
