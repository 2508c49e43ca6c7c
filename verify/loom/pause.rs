//! `proto/pause` under loom.

use super::{Bound, explore};
use crate::cells::pause;

#[test]
fn what_is_held_back_runs_when_the_pause_ends() {
    explore(&pause::ENDS, Bound::Preemptions(3));
}

#[test]
fn what_is_held_back_waits_for_the_last_pause() {
    explore(&pause::TWO_PAUSES, Bound::Preemptions(4));
}
