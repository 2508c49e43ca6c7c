//! `proto/stop` under shuttle.

use super::depth_first_cut;
use crate::cells::stop;

#[test]
fn a_thread_that_gets_a_processor_stops_or_is_found() {
    depth_first_cut(&stop::IN_TRANSIT, 200, 20_000);
}

#[test]
fn the_requester_sees_what_every_owner_did() {
    depth_first_cut(&stop::SEES, 200, 20_000);
}

#[test]
fn the_world_is_stopped_twice() {
    depth_first_cut(&stop::TWICE, 200, 20_000);
}

#[test]
fn no_owner_is_missed() {
    depth_first_cut(&stop::NONE_MISSED, 200, 20_000);
}

#[test]
fn a_processor_that_goes_idle_is_found_or_given_up() {
    depth_first_cut(&stop::DROPPED, 200, 20_000);
}

#[test]
fn a_processor_without_a_thread_is_found_or_given_up() {
    depth_first_cut(&stop::UNCLAIMED, 200, 20_000);
}
