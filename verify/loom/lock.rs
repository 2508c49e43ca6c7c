//! `proto/lock` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::lock;

#[test]
fn the_next_holder_sees_what_the_last_one_wrote() {
    exhaustive(&lock::NEXT_HOLDER_SEES);
}

#[test]
fn a_sleeper_is_woken() {
    exhaustive(&lock::SLEEPER_IS_WOKEN);
}

#[test]
fn a_contended_lock_serves_on() {
    explore(&lock::USED_AFTER_CONTENTION, Bound::Preemptions(4));
}

#[test]
fn three_threads_have_it_one_after_the_other() {
    explore(&lock::THREE, Bound::Preemptions(3));
}

#[test]
fn each_of_two_sleepers_is_woken() {
    explore(&lock::BOTH_SLEEPERS, Bound::Preemptions(3));
}
