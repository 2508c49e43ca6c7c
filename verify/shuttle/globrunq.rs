//! `proto/globrunq` under shuttle.

use super::depth_first_cut;
use crate::cells::globrunq;

#[test]
fn a_batch_stays_together() {
    depth_first_cut(&globrunq::BATCH, 500, 20_000);
}

#[test]
fn a_getter_sees_the_whole_goroutine_or_none() {
    depth_first_cut(&globrunq::GET, 500, 20_000);
}

#[test]
fn nothing_is_lost_between_two_putters_and_a_getter() {
    depth_first_cut(&globrunq::TWO_PUTTERS, 500, 20_000);
}

#[test]
fn two_shares_do_not_overlap() {
    depth_first_cut(&globrunq::SHARE, 500, 20_000);
}

#[test]
fn a_look_sees_the_put_or_is_seen_by_the_putter() {
    depth_first_cut(&globrunq::LAST_LOOK, 500, 20_000);
}
