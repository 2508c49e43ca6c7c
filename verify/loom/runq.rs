//! `proto/runq` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::runq;

#[test]
fn a_thief_reads_the_slot_it_claimed() {
    exhaustive(&runq::PUBLISH);
}

#[test]
fn a_stolen_next_is_whole() {
    exhaustive(&runq::STOLEN_NEXT);
}

#[test]
fn a_thief_takes_the_next_one_last() {
    exhaustive(&runq::NEXT_LAST);
}

#[test]
fn a_slot_is_reused_only_after_it_was_copied() {
    exhaustive(&runq::REUSE);
}

#[test]
fn a_full_ring_spills_what_no_thief_has_taken() {
    exhaustive(&runq::SPILL);
}

#[test]
fn two_thieves_share_without_overlap() {
    exhaustive(&runq::TWO_THIEVES);
}

#[test]
fn two_thieves_and_the_owner_share_without_overlap() {
    explore(&runq::OWNER_AND_TWO_THIEVES, Bound::Preemptions(2));
}

#[test]
fn a_second_thief_reads_what_the_first_stole() {
    exhaustive(&runq::SECOND_THIEF);
}

#[test]
fn a_queue_that_holds_one_is_never_seen_empty() {
    exhaustive(&runq::NEVER_SEEN_EMPTY);
}

#[test]
fn a_look_that_misses_a_put_is_seen_by_the_putter() {
    exhaustive(&runq::LAST_LOOK);
}

#[test]
fn a_look_sees_the_ring_or_is_seen_by_the_putter() {
    exhaustive(&runq::LAST_LOOK_AT_RING);
}
