//! Programs over the whole scheduler in which the world is stopped, or functions run at safe points.
//!
//! Whoever stops the world touches what only the owner of each P may touch (`at_rest`): loom sees
//! any thread that is still in the runtime with a P, shuttle any number that moves. Who is forgotten
//! hangs, and the checkers see that too.

mod beside;
mod resizing;
mod safepoints;
mod stopped;
mod stopping;

pub(crate) use beside::*;
pub(crate) use resizing::*;
pub(crate) use safepoints::*;
pub(crate) use stopping::*;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { world:
            nobody_is_in_the_runtime_while_a_thread_has_stopped_the_world =
                BY_A_THREAD, loom Window(1), shuttle sampled;
            nobody_is_in_the_runtime_while_a_goroutine_has_stopped_the_world =
                BY_A_GOROUTINE, loom Window(1), shuttle sampled;
            #[ignore = "long: ./check all"]
            a_p_that_is_handed_on_is_stopped_too = HANDED_ON, loom Window(3), shuttle sampled;
            a_p_on_its_way_to_a_thread_is_stopped_too = ON_ITS_WAY, loom Window(1), shuttle sampled;
            what_was_left_to_a_spinner_that_stopped_is_found =
                LEFT_TO_A_SPINNER, loom Window(1), shuttle sampled;
            two_goroutines_stop_the_world = TWO_GOROUTINES, loom Window(1), shuttle sampled;
            a_goroutine_and_a_thread_stop_the_world =
                A_GOROUTINE_AND_A_THREAD, loom Window(2), shuttle sampled;
            what_is_queued_on_a_p_that_goes_runs_elsewhere =
                RESIZED, loom Window(1), shuttle sampled;
            a_goroutine_changes_the_number_of_ps_under_its_feet =
                RESIZED_BY_A_GOROUTINE, loom Window(1), shuttle sampled;
            a_goroutine_started_while_the_world_is_stopped_runs_when_it_starts =
                STARTED_MEANWHILE, loom Window(2), shuttle sampled;
            a_goroutine_started_beside_a_stop_runs =
                STARTED_BESIDE, loom Window(1), shuttle sampled;
            a_goroutine_started_after_the_world_relies_on_nobody_who_stopped =
                STARTED_AFTERWARDS, loom Window(2), shuttle sampled;
            an_m_that_was_asked_by_sysmon_stops_for_the_world =
                ASKED_FOR_LESS, loom Window(2), shuttle sampled;
            a_goroutine_readied_while_the_world_is_stopped_runs_when_it_starts =
                READIED_MEANWHILE, loom Window(2), shuttle sampled;
            a_function_runs_once_for_each_p = FOR_EACH_P, loom Window(1), shuttle sampled;
            a_function_runs_for_a_p_that_goes_idle = AS_IT_PARKS, loom Window(2), shuttle sampled;
            a_goroutine_comes_back_while_its_p_is_taken_and_the_world_stopped =
                BACK_AND_TAKEN, loom Window(1), shuttle sampled;
            a_runtime_ends_though_goroutines_stop_the_world =
                ENDS_MEANWHILE, loom Window(1), shuttle sampled;
            a_pauser_stops_the_world_though_one_held_back_waits_to =
                IN_A_PAUSE, loom Window(1), shuttle sampled;
        }
    };
}
pub(crate) use suite;
