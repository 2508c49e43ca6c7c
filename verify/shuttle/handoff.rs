//! `proto/handoff` under shuttle.

use super::{pct, random};
use crate::cells::handoff;

crate::cells::handoff::suite!();

#[test]
fn every_processor_of_many_givers_is_taken_once() {
    random("handoff::every_processor_of_many_givers_is_taken_once", 5_000, handoff::many_givers);
    pct("handoff::every_processor_of_many_givers_is_taken_once", 3, 5_000, handoff::many_givers);
}
