//! `proto/note`, one step after the other.

use crate::proto::note::{Note, Sleep};

const SHORT_NS: u64 = 1_000_000;

#[test]
fn a_note_that_is_set_does_not_sleep() {
    let note = Note::new();
    note.wakeup();
    note.sleep();
    note.clear();
    note.wakeup();
    assert_eq!(note.sleep_timeout(SHORT_NS), Sleep::Woken);
}

#[test]
fn a_sleep_that_timed_out_can_be_slept_again() {
    let note = Note::new();
    assert_eq!(note.sleep_timeout(SHORT_NS), Sleep::TimedOut);
    assert_eq!(note.sleep_timeout(SHORT_NS), Sleep::TimedOut);
    note.wakeup();
    assert_eq!(note.sleep_timeout(SHORT_NS), Sleep::Woken);
    note.sleep();
}
