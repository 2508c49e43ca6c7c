//! Scenarios of `proto/note`.

use std::sync::Arc;

use super::{Scenario, spawn};
use crate::facade::Cell;
use crate::proto::note::Note;

/// A note and what the waker writes before it wakes.
struct Shared {
    note: Note,
    data: Cell<u32>,
}

// SAFETY: the note orders the accesses of the cell; that it does is what the scenarios check.
unsafe impl Sync for Shared {}

/// The waker writes and wakes; the sleeper sleeps and reads.
pub(crate) const SLEEPER_SEES_DATA: Scenario = Scenario {
    name: "note::a_sleeper_sees_what_was_written_before_the_wakeup",
    threads: 2,
    run: || {
        let shared = Arc::new(Shared { note: Note::new(), data: Cell::new(0) });
        let waker = spawn({
            let shared = shared.clone();
            move || {
                // SAFETY: the sleeper reads only after the wake-up.
                shared.data.with_mut(|data| unsafe { *data = 1 });
                shared.note.wakeup();
            }
        });
        shared.note.sleep();
        // SAFETY: the waker is done with it.
        let seen = shared.data.with(|data| unsafe { *data });
        waker.join();
        format!("seen={seen}")
    },
    outcomes: &["seen=1"],
};
