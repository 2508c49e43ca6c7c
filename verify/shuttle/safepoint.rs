//! `proto/safepoint` under shuttle.

use super::depth_first_cut;
use crate::cells::safepoint;

#[test]
fn the_function_runs_once_for_each_processor() {
    depth_first_cut(&safepoint::ONCE, 200, 20_000);
}

#[test]
fn it_runs_for_a_processor_on_its_way_to_a_thread() {
    depth_first_cut(&safepoint::IN_TRANSIT, 200, 20_000);
}

#[test]
fn a_second_function_is_not_taken_for_the_first() {
    depth_first_cut(&safepoint::TWICE, 200, 20_000);
}
