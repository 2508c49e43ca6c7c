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
