//! `proto/lockedm` under shuttle.

use super::{depth_first, depth_first_cut, pct, random};
use crate::cells::lockedm;

#[test]
fn a_processor_is_handed_over_before_the_stop_or_after_it() {
    depth_first(&lockedm::ONE_ROUND);
}

#[test]
fn a_second_processor_is_handed_over_like_the_first() {
    depth_first_cut(&lockedm::TWO_ROUNDS, 1_000, 100_000);
}

#[test]
fn the_box_is_empty_when_the_closer_fills_it() {
    depth_first(&lockedm::EMPTY_BOX);
}

#[test]
fn a_closed_thread_goes_home_and_no_processor_is_lost() {
    depth_first_cut(&lockedm::CLOSED, 1_000, 100_000);
}

#[test]
fn a_thread_runs_its_goroutine_until_it_is_sent_home() {
    const NAME: &str = "lockedm::a_thread_runs_its_goroutine_until_it_is_sent_home";
    random(NAME, 5_000, lockedm::many_rounds);
    pct(NAME, 3, 5_000, lockedm::many_rounds);
}
