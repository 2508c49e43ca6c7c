//! `proto/idle` under shuttle.

use super::{depth_first, depth_first_cut, pct, random};
use crate::cells::idle;

#[test]
fn work_submitted_while_the_last_spinner_stops_is_found() {
    depth_first_cut(&idle::LAST_SPINNER_STOPS, 1_000, 20_000);
}

#[test]
fn work_put_into_a_ring_while_the_last_thief_stops_is_stolen() {
    depth_first_cut(&idle::THIEF_STOPS, 1_000, 20_000);
}

#[test]
fn work_submitted_before_a_thread_gives_up_without_a_look_is_found() {
    depth_first(&idle::NO_LAST_LOOK);
}

#[test]
fn a_spinner_that_finds_work_has_the_rest_looked_for() {
    depth_first_cut(&idle::BATCH, 1_000, 20_000);
}

#[test]
fn work_submitted_while_two_spinners_stop_is_found() {
    depth_first_cut(&idle::TWO_SPINNERS_STOP, 1_000, 20_000);
}

#[test]
fn work_seen_in_the_last_look_without_a_processor_is_found() {
    depth_first_cut(&idle::PROCESSOR_IS_GONE, 1_000, 20_000);
}

#[test]
fn a_thread_that_falls_asleep_is_woken_for_work() {
    depth_first_cut(&idle::SLEEPER, 1_000, 20_000);
}

#[test]
fn work_left_to_a_thread_that_could_not_be_made_is_found() {
    depth_first_cut(&idle::FAILED_START, 1_000, 20_000);
}

#[test]
fn work_for_a_thread_that_never_parks_is_found_without_others() {
    depth_first(&idle::NEVER_PARKS);
}

#[test]
fn work_left_to_a_spinner_that_stops_for_the_world_is_found() {
    depth_first(&idle::STOPS_FOR_THE_WORLD);
}

#[test]
fn a_look_is_owed_as_long_as_work_waits() {
    depth_first_cut(&idle::FORGIVEN, 1_000, 20_000);
}

#[test]
fn whoever_tries_again_finds_what_was_left() {
    depth_first(&idle::RETRY);
}

#[test]
fn no_work_is_lost_among_many_threads() {
    random("idle::no_work_is_lost_among_many_threads", 5_000, idle::town);
    pct("idle::no_work_is_lost_among_many_threads", 3, 5_000, idle::town);
}
