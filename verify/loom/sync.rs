//! What goroutines wait for each other with, under loom and over the whole scheduler. Bounded: the
//! number of preemptions is in each line.

use super::{Bound, explore};
use crate::cells::sync;

#[test]
fn a_mutex_is_held_by_one_goroutine_at_a_time() {
    explore(&sync::MUTEX, Bound::Window(2));
}

#[test]
fn a_mutex_is_held_across_a_switch() {
    explore(&sync::MUTEX_ACROSS_A_SWITCH, Bound::Window(2));
}

#[test]
fn a_mutex_is_held_by_a_thread_or_a_goroutine() {
    explore(&sync::MUTEX_AND_THREAD, Bound::Window(2));
}

#[test]
fn a_wait_ends_when_the_last_is_done() {
    explore(&sync::WAITGROUP, Bound::Window(2));
}
