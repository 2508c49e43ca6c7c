//! `proto/asleep` under loom.

use super::{Bound, explore};
use crate::cells::asleep;

#[test]
fn one_that_was_woken_is_awake_though_its_waker_has_ended() {
    explore(&asleep::WAKER_ENDS, Bound::Preemptions(4));
}

#[test]
fn whoever_the_last_sleeper_created_is_counted() {
    explore(&asleep::CREATOR_SLEEPS, Bound::Preemptions(4));
}

#[test]
fn one_that_was_woken_is_awake_though_another_fell_asleep() {
    explore(&asleep::ANOTHER_SLEEPS, Bound::Preemptions(3));
}

#[test]
fn that_all_sleep_is_seen() {
    explore(&asleep::ALL_SLEEP, Bound::Preemptions(2));
}
