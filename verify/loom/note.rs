//! `proto/note` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::note;

#[test]
fn a_sleeper_sees_what_was_written_before_the_wakeup() {
    exhaustive(&note::SLEEPER_SEES_DATA);
}

#[test]
fn a_sleeper_that_came_late_sees_it_too() {
    exhaustive(&note::LATE_SLEEPER_SEES_DATA);
}

#[test]
fn a_timed_sleeper_sees_what_was_written_before_the_wakeup() {
    exhaustive(&note::TIMED_SLEEPER_SEES_DATA);
}

#[test]
fn a_cleared_note_sleeps_until_its_next_wakeup() {
    explore(&note::USED_AGAIN, Bound::Preemptions(4));
}
