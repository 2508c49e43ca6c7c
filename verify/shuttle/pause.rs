//! `proto/pause` under shuttle.

use super::depth_first_cut;
use crate::cells::pause;

#[test]
fn what_is_held_back_runs_when_the_pause_ends() {
    depth_first_cut(&pause::ENDS, 200, 20_000);
}

#[test]
fn what_is_held_back_waits_for_the_last_pause() {
    depth_first_cut(&pause::TWO_PAUSES, 200, 20_000);
}
