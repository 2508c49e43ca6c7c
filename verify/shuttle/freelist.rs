//! `proto/freelist` under shuttle.

use super::depth_first_cut;
use crate::cells::freelist;

#[test]
fn the_next_user_sees_what_the_last_one_left() {
    depth_first_cut(&freelist::PASS_ON, 500, 20_000);
}

#[test]
fn a_slot_is_given_out_to_one_at_a_time() {
    depth_first_cut(&freelist::ONE_AT_A_TIME, 500, 20_000);
}
