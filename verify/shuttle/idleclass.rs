//! Goroutines of the idle class, and pauses, under shuttle.

use super::sampled;
use crate::cells::idleclass;

#[test]
fn a_goroutine_of_the_idle_class_runs_when_nothing_else_does() {
    sampled(&idleclass::FROM_OUTSIDE);
}

#[test]
fn a_goroutine_of_the_idle_class_runs_beside_a_hog() {
    sampled(&idleclass::BESIDE_A_HOG);
}

#[test]
fn what_is_started_in_a_pause_runs_after_it() {
    sampled(&idleclass::PAUSED);
}
