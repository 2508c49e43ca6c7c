//! `proto/lockedm` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::lockedm;

#[test]
fn a_processor_is_handed_over_before_the_stop_or_after_it() {
    exhaustive(&lockedm::ONE_ROUND);
}

#[test]
fn a_second_processor_is_handed_over_like_the_first() {
    explore(&lockedm::TWO_ROUNDS, Bound::Preemptions(4));
}

#[test]
fn the_box_is_empty_when_the_closer_fills_it() {
    explore(&lockedm::EMPTY_BOX, Bound::Preemptions(5));
}

#[test]
fn a_closed_thread_goes_home_and_no_processor_is_lost() {
    explore(&lockedm::CLOSED, Bound::Preemptions(3));
}
