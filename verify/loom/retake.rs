//! Taking a P at any moment, with the whole scheduler, under loom.

use super::{Bound, model};
use crate::cells::retake;
use std::sync::atomic::Ordering::Relaxed;

#[test]
fn a_goroutine_whose_p_is_taken_goes_on() {
    let name = "retake::a_goroutine_whose_p_is_taken_goes_on";
    model(name, 4, Bound::Window(2), retake::taken_while_it_spawns);
    assert!(retake::TAKEN.load(Relaxed) > 0, "no execution took the P");
}
