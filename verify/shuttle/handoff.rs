//! `proto/handoff` under shuttle.

use super::{depth_first, depth_first_cut, pct, random};
use crate::cells::handoff;

/// Through the lists there are more schedules than this: their lock's waiters retry.
const SCHEDULES: usize = 100_000;
const STEPS: usize = 1_000;

#[test]
fn the_taker_owns_what_it_is_given() {
    depth_first(&handoff::TAKER_OWNS);
}

#[test]
fn a_taker_that_is_idle_again_is_given_again() {
    depth_first_cut(&handoff::TAKEN_AGAIN, STEPS, SCHEDULES);
}

#[test]
fn two_givers_never_meet() {
    depth_first_cut(&handoff::TWO_GIVERS, STEPS, SCHEDULES);
}

#[test]
fn every_processor_of_many_givers_is_taken_once() {
    random("handoff::every_processor_of_many_givers_is_taken_once", 5_000, handoff::many_givers);
    pct("handoff::every_processor_of_many_givers_is_taken_once", 3, 5_000, handoff::many_givers);
}
