//! `proto/powner` under shuttle.

use super::{depth_first_cut, random};
use crate::cells::powner;

#[test]
fn a_processor_has_one_owner() {
    depth_first_cut(&powner::ONE_OWNER, 200, 20_000);
}

#[test]
fn a_taker_sees_what_the_runtime_section_did() {
    depth_first_cut(&powner::SEES, 200, 20_000);
}

#[test]
fn two_takers_do_not_both_get_it() {
    depth_first_cut(&powner::TWO_TAKERS_ALONE, 200, 20_000);
}

#[test]
fn of_two_takers_one_gets_the_processor() {
    depth_first_cut(&powner::TWO_TAKERS, 200, 20_000);
}

#[test]
fn one_who_was_asked_sees_what_for() {
    depth_first_cut(&powner::WHAT_FOR, 200, 20_000);
}

#[test]
fn a_thread_whose_processor_was_taken_gets_another() {
    depth_first_cut(&powner::REACQUIRES, 200, 20_000);
}

#[test]
fn a_stale_taker_does_not_take_another_processor() {
    depth_first_cut(&powner::STALE, 200, 20_000);
}

#[test]
fn a_thread_that_went_back_without_a_processor_is_told_again() {
    depth_first_cut(&powner::TOLD_AGAIN, 200, 20_000);
}

#[test]
fn a_taker_sees_a_thread_that_is_made() {
    depth_first_cut(&powner::MADE, 200, 20_000);
}

#[test]
fn a_processor_has_one_owner_among_many_takers() {
    random("powner::a_processor_has_one_owner_among_many_takers", 5_000, powner::siege);
}
