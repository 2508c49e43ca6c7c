//! `proto/globrunq` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::globrunq;

#[test]
fn a_batch_stays_together() {
    exhaustive(&globrunq::BATCH);
}

#[test]
fn a_getter_sees_the_whole_goroutine_or_none() {
    exhaustive(&globrunq::GET);
}

#[test]
fn nothing_is_lost_between_two_putters_and_a_getter() {
    explore(&globrunq::TWO_PUTTERS, Bound::Preemptions(3));
}

#[test]
fn two_shares_do_not_overlap() {
    exhaustive(&globrunq::SHARE);
}

#[test]
fn a_look_sees_the_put_or_is_seen_by_the_putter() {
    exhaustive(&globrunq::LAST_LOOK);
}

#[test]
fn a_put_beside_a_get_is_not_forgotten() {
    exhaustive(&globrunq::PUT_BESIDE_GET);
}
