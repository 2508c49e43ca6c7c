//! What goroutines wait for each other with under shuttle, over the whole scheduler.

use super::sampled;
use crate::cells::sync;

#[test]
fn a_mutex_is_held_by_one_goroutine_at_a_time() {
    sampled(&sync::MUTEX);
}

#[test]
fn a_mutex_is_held_across_a_switch() {
    sampled(&sync::MUTEX_ACROSS_A_SWITCH);
}

#[test]
fn a_mutex_is_held_by_a_thread_or_a_goroutine() {
    sampled(&sync::MUTEX_AND_THREAD);
}

#[test]
fn a_wait_ends_when_the_last_is_done() {
    sampled(&sync::WAITGROUP);
}
