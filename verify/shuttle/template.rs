//! `proto/template` under shuttle.

use super::{depth_first_cut, pct, random};
use crate::cells::template;

/// Some scenarios have more schedules than this: shuttle does not know which are alike.
const SCHEDULES: usize = 50_000;
const STEPS: usize = 1_000;

#[test]
fn a_second_request_is_served_like_the_first() {
    depth_first_cut(&template::ASKED_TWICE, STEPS, SCHEDULES);
}

#[test]
fn what_was_asked_before_the_end_is_served() {
    depth_first_cut(&template::ASKED_LAST, STEPS, SCHEDULES);
}

#[test]
fn the_end_wakes_the_template_thread() {
    depth_first_cut(&template::CLOSED_EMPTY, STEPS, SCHEDULES);
}

#[test]
fn two_askers_are_both_served() {
    depth_first_cut(&template::TWO_ASKERS, STEPS, SCHEDULES);
}

#[test]
fn a_request_at_the_end_is_served_or_given_back() {
    depth_first_cut(&template::ASKED_AT_THE_END, STEPS, SCHEDULES);
}

#[test]
fn no_request_of_a_crowd_is_lost() {
    const NAME: &str = "template::no_request_of_a_crowd_is_lost";
    random(NAME, 5_000, template::a_crowd);
    pct(NAME, 3, 5_000, template::a_crowd);
}
