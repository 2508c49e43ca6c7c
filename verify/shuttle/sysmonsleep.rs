//! `proto/sysmonsleep` under shuttle.

use super::{depth_first, random};
use crate::cells::sysmonsleep;

#[test]
fn a_starter_finds_the_watcher_awake_or_wakes_it() {
    depth_first(&sysmonsleep::STARTER_WAKES);
}

#[test]
fn two_starters_wake_it_once() {
    random("sysmonsleep::two_starters_wake_it_once", 5000, sysmonsleep::two_starters);
}

#[test]
fn a_stop_ends_the_sleep_and_all_later_ones() {
    depth_first(&sysmonsleep::STOP_ENDS);
}
