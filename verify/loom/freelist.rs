//! `proto/freelist` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::freelist;

#[test]
fn a_slot_is_not_given_out_while_it_is_cooled() {
    explore(&freelist::COOL, Bound::Preemptions(3));
}

#[test]
fn the_next_user_sees_what_the_last_one_left() {
    exhaustive(&freelist::PASS_ON);
}

#[test]
fn a_slot_is_given_out_to_one_at_a_time() {
    exhaustive(&freelist::ONE_AT_A_TIME);
}
