//! `proto/mlife` under loom.

use super::exhaustive;
use crate::cells::mlife;

#[test]
fn a_record_is_reused_only_when_its_thread_has_left() {
    exhaustive(&mlife::REUSED);
}

#[test]
fn a_dying_thread_does_not_take_its_own_record() {
    exhaustive(&mlife::OWN_RECORD);
}

#[test]
fn a_late_handle_lies_with_its_own_thread() {
    exhaustive(&mlife::LATE_HANDLE);
}

#[test]
fn of_two_reservers_one_gets_the_last_thread() {
    exhaustive(&mlife::LIMIT);
}

#[test]
fn a_dying_thread_counts_until_it_has_left() {
    exhaustive(&mlife::COUNTS);
}

#[test]
fn at_the_end_no_thread_is_forgotten() {
    exhaustive(&mlife::CLOSED);
}

#[test]
fn the_end_does_not_wait_for_a_thread_that_cannot_be_made() {
    exhaustive(&mlife::CANCELLED);
}

#[test]
fn the_limit_is_not_lowered_below_those_there_are() {
    exhaustive(&mlife::LOWERED);
}
