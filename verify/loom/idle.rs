//! `proto/idle` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::idle;

#[test]
fn work_submitted_while_the_last_spinner_stops_is_found() {
    exhaustive(&idle::LAST_SPINNER_STOPS);
}

#[test]
fn work_put_into_a_ring_while_the_last_thief_stops_is_stolen() {
    explore(&idle::THIEF_STOPS, Bound::Preemptions(4));
}

#[test]
fn work_submitted_before_a_thread_gives_up_without_a_look_is_found() {
    exhaustive(&idle::NO_LAST_LOOK);
}

#[test]
fn a_spinner_that_finds_work_has_the_rest_looked_for() {
    explore(&idle::BATCH, Bound::Preemptions(3));
}

#[test]
fn work_submitted_while_two_spinners_stop_is_found() {
    explore(&idle::TWO_SPINNERS_STOP, Bound::Preemptions(3));
}

#[test]
fn work_seen_in_the_last_look_without_a_processor_is_found() {
    explore(&idle::PROCESSOR_IS_GONE, Bound::Preemptions(4));
}

#[test]
fn a_thread_that_falls_asleep_is_woken_for_work() {
    explore(&idle::SLEEPER, Bound::Preemptions(4));
}

#[test]
fn work_left_to_a_thread_that_could_not_be_made_is_found() {
    explore(&idle::FAILED_START, Bound::Preemptions(3));
}

#[test]
fn work_for_a_thread_that_never_parks_is_found_without_others() {
    explore(&idle::NEVER_PARKS, Bound::None);
}

#[test]
fn work_left_to_a_spinner_that_stops_for_the_world_is_found() {
    explore(&idle::STOPS_FOR_THE_WORLD, Bound::None);
}

#[test]
fn a_look_is_owed_as_long_as_work_waits() {
    explore(&idle::FORGIVEN, Bound::Preemptions(3));
}

#[test]
fn whoever_tries_again_finds_what_was_left() {
    explore(&idle::RETRY, Bound::Preemptions(4));
}
