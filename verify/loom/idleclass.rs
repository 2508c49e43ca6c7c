//! Goroutines of the idle class, and pauses, under loom. Bounded: the number of preemptions is in
//! each line.

use super::{Bound, explore};
use crate::cells::idleclass;

#[test]
fn a_goroutine_of_the_idle_class_runs_when_nothing_else_does() {
    explore(&idleclass::FROM_OUTSIDE, Bound::Window(2));
}

#[test]
fn a_goroutine_of_the_idle_class_runs_beside_a_hog() {
    explore(&idleclass::BESIDE_A_HOG, Bound::Window(2));
}

#[test]
fn what_is_started_in_a_pause_runs_after_it() {
    explore(&idleclass::PAUSED, Bound::Window(1));
}
