//! `proto/stop` under loom.

use super::{Bound, exhaustive, explore};
use crate::cells::stop;

#[test]
fn a_thread_that_gets_a_processor_stops_or_is_found() {
    explore(&stop::IN_TRANSIT, Bound::Preemptions(4));
}

#[test]
fn the_requester_sees_what_every_owner_did() {
    explore(&stop::SEES, Bound::Preemptions(4));
}

#[test]
fn the_world_is_stopped_twice() {
    explore(&stop::TWICE, Bound::Preemptions(3));
}

#[test]
fn no_owner_is_missed() {
    exhaustive(&stop::NONE_MISSED);
}

#[test]
fn a_processor_that_goes_idle_is_found_or_given_up() {
    exhaustive(&stop::DROPPED);
}

#[test]
fn a_processor_without_a_thread_is_found_or_given_up() {
    exhaustive(&stop::UNCLAIMED);
}
