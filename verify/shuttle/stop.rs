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
