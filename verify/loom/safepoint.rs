//! `proto/safepoint` under loom.

use super::{Bound, explore};
use crate::cells::safepoint;

#[test]
fn the_function_runs_once_for_each_processor() {
    explore(&safepoint::ONCE, Bound::Preemptions(4));
}

#[test]
fn it_runs_for_a_processor_on_its_way_to_a_thread() {
    explore(&safepoint::IN_TRANSIT, Bound::Preemptions(4));
}

#[test]
fn a_second_function_is_not_taken_for_the_first() {
    explore(&safepoint::TWICE, Bound::Preemptions(3));
}
