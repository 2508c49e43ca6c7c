//! `proto/lockedm`, one step after the other.

use crate::proto::lockedm::{Close, LockedM, Open};

#[test]
fn a_thread_that_was_given_before_takes_at_once() {
    let gate = LockedM::new();
    for payload in 0..3 {
        assert_eq!(gate.open(), Open::Give);
        assert_eq!(gate.stop(|| payload), Some(payload));
    }
}

#[test]
fn a_closed_gate_sends_home_after_the_last_hand_over() {
    let gate = LockedM::new();
    assert_eq!(gate.open(), Open::Give);
    assert_eq!(gate.close(), Close::Comes);
    assert_eq!(gate.stop(|| "given"), Some("given"));
    assert_eq!(gate.open(), Open::Closed);
    assert_eq!(gate.stop(|| "nothing"), None);
}

#[test]
fn the_closer_tells_a_thread_that_waits() {
    let gate = LockedM::new();
    let told = gate.stop(|| gate.close());
    assert_eq!(told, Some(Close::Tell));
    assert_eq!(gate.stop(|| Close::Tell), None);
}
