//! `proto/handoff`, one step after the other.

use crate::proto::handoff::Handoff;

#[test]
fn what_is_given_first_is_taken_at_once() {
    let handoff = Handoff::new();
    for payload in 0..3 {
        handoff.give(payload);
        assert_eq!(handoff.take(), payload);
    }
}

#[test]
fn a_take_that_timed_out_gets_the_next_gift() {
    let handoff = Handoff::new();
    assert_eq!(handoff.take_timeout(1_000_000), None);
    handoff.give(7);
    assert_eq!(handoff.take_timeout(1_000_000), Some(7));
}
