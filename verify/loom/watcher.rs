//! The watcher's deep sleep beside the scheduler, under loom. Bounded, as said in each line.

use super::{Bound, explore};
use crate::cells::watcher;

#[test]
fn whoever_starts_a_p_for_new_work_wakes_the_watcher() {
    explore(&watcher::SUBMITTED, Bound::Window(2));
}
