//! `proto/template` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::template;

#[test]
fn a_second_request_is_served_like_the_first() {
    explore(&template::ASKED_TWICE, Bound::Preemptions(6));
}

#[test]
fn what_was_asked_before_the_end_is_served() {
    explore(&template::ASKED_LAST, Bound::Preemptions(6));
}

#[test]
fn the_end_wakes_the_template_thread() {
    exhaustive(&template::CLOSED_EMPTY);
}

#[test]
fn two_askers_are_both_served() {
    explore(&template::TWO_ASKERS, Bound::Preemptions(4));
}

#[test]
fn a_request_at_the_end_is_served_or_given_back() {
    explore(&template::ASKED_AT_THE_END, Bound::Preemptions(4));
}
