//! `proto/mlife` under shuttle.

use super::{depth_first_cut, pct, random};
use crate::cells::mlife;

/// Some scenarios have more schedules than this: shuttle does not know which are alike.
const SCHEDULES: usize = 50_000;
const STEPS: usize = 1_000;

#[test]
fn a_record_is_reused_only_when_its_thread_has_left() {
    depth_first_cut(&mlife::REUSED, STEPS, SCHEDULES);
}

#[test]
fn a_dying_thread_does_not_take_its_own_record() {
    depth_first_cut(&mlife::OWN_RECORD, STEPS, SCHEDULES);
}

#[test]
fn a_late_handle_lies_with_its_own_thread() {
    depth_first_cut(&mlife::LATE_HANDLE, STEPS, SCHEDULES);
}

#[test]
fn of_two_reservers_one_gets_the_last_thread() {
    depth_first_cut(&mlife::LIMIT, STEPS, SCHEDULES);
}

#[test]
fn a_dying_thread_counts_until_it_has_left() {
    depth_first_cut(&mlife::COUNTS, STEPS, SCHEDULES);
}

#[test]
fn at_the_end_no_thread_is_forgotten() {
    depth_first_cut(&mlife::CLOSED, STEPS, SCHEDULES);
}

#[test]
fn the_end_does_not_wait_for_a_thread_that_cannot_be_made() {
    depth_first_cut(&mlife::CANCELLED, STEPS, SCHEDULES);
}

#[test]
fn the_limit_is_not_lowered_below_those_there_are() {
    depth_first_cut(&mlife::LOWERED, STEPS, SCHEDULES);
}

#[test]
fn generations_of_threads_share_few_records() {
    const NAME: &str = "mlife::generations_of_threads_share_few_records";
    random(NAME, 3_000, mlife::generations);
    pct(NAME, 3, 3_000, mlife::generations);
}
