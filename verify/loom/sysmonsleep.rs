//! `proto/sysmonsleep` under loom.

use super::{Bound, exhaustive, model};
use crate::cells::sysmonsleep;

#[test]
fn a_starter_finds_the_watcher_awake_or_wakes_it() {
    exhaustive(&sysmonsleep::STARTER_WAKES);
}

#[test]
fn two_starters_wake_it_once() {
    let name = "sysmonsleep::two_starters_wake_it_once";
    model(name, 3, Bound::Preemptions(2), sysmonsleep::two_starters);
}

#[test]
fn a_stop_ends_the_sleep_and_all_later_ones() {
    exhaustive(&sysmonsleep::STOP_ENDS);
}
