//! The watcher's deep sleep beside the scheduler, under shuttle.

use super::sampled;
use crate::cells::watcher;

#[test]
fn whoever_starts_a_p_for_new_work_wakes_the_watcher() {
    sampled(&watcher::SUBMITTED);
}
