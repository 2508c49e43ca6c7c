//! `proto/freelist` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::freelist;

#[test]
fn a_slot_that_is_taken_for_good_is_given_to_nobody() {
    explore(&freelist::TAKE, Bound::Preemptions(3));
}

#[test]
fn the_next_user_sees_what_the_last_one_left() {
    exhaustive(&freelist::PASS_ON);
}

#[test]
fn a_slot_is_given_out_to_one_at_a_time() {
    exhaustive(&freelist::ONE_AT_A_TIME);
}
