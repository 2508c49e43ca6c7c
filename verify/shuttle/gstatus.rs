//! `proto/gstatus` under shuttle.

use super::depth_first;
use crate::cells::gstatus;

#[test]
fn a_readier_finds_the_stack_as_it_was_left() {
    depth_first(&gstatus::READIED);
}

#[test]
fn an_early_wakeup_brings_its_data() {
    depth_first(&gstatus::READIED_EARLY);
}

#[test]
fn of_two_wakers_one_ends_the_wait() {
    depth_first(&gstatus::TWO_WAKERS);
}
