//! Goroutines with threads of their own, under loom. Bounded, as said in each line.

use super::{Bound, explore};
use crate::cells::threaded;

#[test]
fn each_goroutine_keeps_an_m_of_its_own() {
    explore(&threaded::TALK, Bound::Window(2));
}

#[test]
fn a_runtime_ends_though_a_goroutine_waits() {
    explore(&threaded::ENDS, Bound::Window(2));
}
