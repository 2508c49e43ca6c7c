//! Goroutines with threads of their own, under shuttle.

use super::sampled;
use crate::cells::threaded;

#[test]
fn each_goroutine_keeps_an_m_of_its_own() {
    sampled(&threaded::TALK);
}

#[test]
fn a_runtime_ends_though_a_goroutine_waits() {
    sampled(&threaded::ENDS);
}
