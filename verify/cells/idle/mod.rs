//! Scenarios of `proto/idle`.
//!
//! The queues are one word, or real rings; the threads' ways between the steps of the protocol are
//! played by hand. Whatever plays a function of `src/sched` names it (`MIRRORS`), and `./check` fails
//! when that function's text changes. A goroutine once run keeps its processor to the end, so that
//! each one that is queued needs a processor of its own. When all is quiet, no processor may be idle
//! while a goroutine is queued.

mod ending;
mod house;
mod lacking;
mod queues;
mod spinning;
pub(crate) mod town;

pub(crate) use ending::*;
pub(crate) use lacking::*;
pub(crate) use spinning::*;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { idle:
            work_submitted_while_the_last_spinner_stops_is_found =
                LAST_SPINNER_STOPS, loom All, shuttle cut(1_000, 20_000);
            work_put_into_a_ring_while_the_last_thief_stops_is_stolen =
                THIEF_STOPS, loom Preemptions(4), shuttle cut(1_000, 20_000);
            work_submitted_before_a_thread_gives_up_without_a_look_is_found =
                NO_LAST_LOOK, loom All, shuttle depth_first;
            a_spinner_that_finds_work_has_the_rest_looked_for =
                BATCH, loom Preemptions(3), shuttle cut(1_000, 20_000);
            work_submitted_while_two_spinners_stop_is_found =
                TWO_SPINNERS_STOP, loom Preemptions(3), shuttle cut(1_000, 20_000);
            work_seen_in_the_last_look_without_a_processor_is_found =
                PROCESSOR_IS_GONE, loom Preemptions(4), shuttle cut(1_000, 20_000);
            a_thread_that_falls_asleep_is_woken_for_work =
                SLEEPER, loom Preemptions(4), shuttle cut(1_000, 20_000);
            work_left_to_a_thread_that_could_not_be_made_is_found =
                FAILED_START, loom Preemptions(3), shuttle cut(1_000, 20_000);
            work_for_a_thread_that_never_parks_is_found_without_others =
                NEVER_PARKS, loom All, shuttle depth_first;
            work_left_to_a_spinner_that_stops_for_the_world_is_found =
                STOPS_FOR_THE_WORLD, loom All, shuttle depth_first;
            a_look_is_owed_as_long_as_work_waits =
                FORGIVEN, loom Preemptions(3), shuttle cut(1_000, 20_000);
            whoever_tries_again_finds_what_was_left =
                RETRY, loom Preemptions(4), shuttle depth_first;
            a_thread_that_parks_at_the_end_goes_home =
                ENDS_AS_IT_PARKS, loom Preemptions(4), shuttle cut(1_000, 20_000);
        }
    };
}
pub(crate) use suite;
