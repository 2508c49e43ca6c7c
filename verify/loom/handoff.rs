//! `proto/handoff` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::handoff;

#[test]
fn the_taker_owns_what_it_is_given() {
    exhaustive(&handoff::TAKER_OWNS);
}

#[test]
fn a_taker_that_is_idle_again_is_given_again() {
    explore(&handoff::TAKEN_AGAIN, Bound::Preemptions(4));
}

#[test]
fn two_givers_never_meet() {
    explore(&handoff::TWO_GIVERS, Bound::Preemptions(2));
}
