//! `proto/gstatus` under loom.

use super::exhaustive;
use crate::cells::gstatus;

#[test]
fn a_readier_finds_the_stack_as_it_was_left() {
    exhaustive(&gstatus::READIED);
}

#[test]
fn an_early_wakeup_brings_its_data() {
    exhaustive(&gstatus::READIED_EARLY);
}

#[test]
fn of_two_wakers_one_ends_the_wait() {
    exhaustive(&gstatus::TWO_WAKERS);
}
