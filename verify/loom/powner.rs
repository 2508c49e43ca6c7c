//! `proto/powner` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::powner;

#[test]
fn a_processor_has_one_owner() {
    exhaustive(&powner::ONE_OWNER);
}

#[test]
fn a_taker_sees_what_the_runtime_section_did() {
    exhaustive(&powner::SEES);
}

#[test]
fn two_takers_do_not_both_get_it() {
    exhaustive(&powner::TWO_TAKERS_ALONE);
}

#[test]
fn one_who_was_asked_sees_what_for() {
    exhaustive(&powner::WHAT_FOR);
}

#[test]
fn a_thread_whose_processor_was_taken_gets_another() {
    explore(&powner::REACQUIRES, Bound::Preemptions(4));
}

#[test]
fn a_stale_taker_does_not_take_another_processor() {
    exhaustive(&powner::STALE);
}

#[test]
fn a_thread_that_went_back_without_a_processor_is_told_again() {
    explore(&powner::TOLD_AGAIN, Bound::Preemptions(4));
}

#[test]
fn a_taker_sees_a_thread_that_is_made() {
    exhaustive(&powner::MADE);
}
