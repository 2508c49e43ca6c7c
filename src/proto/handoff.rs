//! Giving a processor to a parked thread, the taker. The giver is the thread that wakes it.
//!
//! # In short
//!
//! A giver hands a processor to a thread that is parked, the taker. The giver fills the taker's
//! letter box and wakes the taker, which then empties the box. A processor would be lost if two
//! givers filled one box, or if the taker looked before the box is full. There is one giver at a
//! time, because a giver must first take the thread out of the list of idle threads, under the lock
//! of that list. The taker sees the full box, because the note orders the giver's write before the
//! taker's read.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `nextp` | cell: the giver until the wake-up, the taker after it | |
//! | `note` | see `proto/note` | |
//!
//! # Invariants
//!
//! - I1: what is handed over has exactly one owner at each moment: the giver until `give` returns,
//!   then the note in flight, then the taker.
//! - I2: a thread is given something only after it was taken, once, from the list of idle threads.
//!   So two givers never meet.
//!
//! # Handshake
//!
//! MP through the note: the giver writes `nextp` and wakes; the taker sleeps and reads `nextp`. The
//! note is cleared before the taker can be found idle again.
//!
//! # Why it holds
//!
//! The giver took the taker out of the list, under the list's lock, after the taker had put itself
//! there; so the taker's last reading of the box and its clearing of the note come before the
//! giver's writing. The note orders the rest: the giver's writing before the taker's reading. A
//! note that is cleared later, or a box that is filled later, breaks one of the two (mutants H2,
//! H1).
//!
//! # Source
//!
//! Go's `startm` and `mPark` (runtime/proc.go): `m.nextp`, `m.spinning` and `m.park`. There the
//! note is cleared before `nextp` is read, too.
//!
//! # Suites
//!
//! `verify/loom/handoff.rs`: one hand-over without a bound; through a list of idle threads, as
//! `proto/idle` has it, two in a row within 4 preemptions, and by two givers within 2.
//! `verify/shuttle/handoff.rs`: the same, and four givers at random.

use super::note::Note;
use crate::base::{throw, throw_unless};
use crate::facade::Cell;

/// A parked thread's letter box.
pub(crate) struct Handoff<T> {
    nextp: Cell<Option<T>>,
    note: Note,
}

// SAFETY: the payload crosses to the taker (Send); the note orders the two accesses (I1).
unsafe impl<T: Send> Sync for Handoff<T> {}

impl<T> Handoff<T> {
    pub(crate) fn new() -> Self {
        Self { nextp: Cell::new(None), note: Note::new() }
    }

    /// Hands over and wakes the taker. Once for each `take`.
    pub(crate) fn give(&self, payload: T) {
        let before = self.nextp.with_mut(|nextp| {
            // SAFETY: (exclusive) the giver owns the box until it wakes the taker (I1, I2).
            unsafe { nextp.replace(Some(payload)) }
        });
        throw_unless!(before.is_none(), "handoff: given twice");
        self.note.wakeup();
    }

    /// Waits for what is handed over. Blocks the thread.
    pub(crate) fn take(&self) -> T {
        self.note.sleep();
        self.open()
    }

    fn open(&self) -> T {
        self.note.clear();
        let payload = self.nextp.with_mut(|nextp| {
            // SAFETY: (exclusive) the note was set, so the giver is done (I1).
            unsafe { nextp.replace(None) }
        });
        let Some(payload) = payload else { throw!("handoff: woken with nothing") };
        payload
    }
}
