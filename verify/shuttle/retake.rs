//! Taking a P at any moment, with the whole scheduler, under shuttle.

use super::{pct, random};
use crate::cells::retake;
use std::sync::atomic::Ordering::Relaxed;

#[test]
fn a_goroutine_whose_p_is_taken_goes_on() {
    let name = "retake::a_goroutine_whose_p_is_taken_goes_on";
    random(name, 1000, retake::taken_while_it_spawns);
    pct(name, 3, 1000, retake::taken_while_it_spawns);
    assert!(retake::TAKEN.load(Relaxed) > 0, "no execution took the P");
}
