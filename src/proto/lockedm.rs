//! The gate of a thread that is wired to one goroutine: it runs nothing else, and whoever finds that
//! goroutine in a queue hands it a processor.
//!
//! The processor itself goes through a letter box (`proto/handoff`); the gate says who may put
//! something there.
//!
//! # Words
//!
//! `gate`, RMW-only:
//!
//! ```text
//!              stop                 open                       close
//!     AWAY -----------> PARKED -----------------> GIVEN -----------------> LAST
//!      | ^ \               \                      ^  |                      |
//!      | |  \               \ close               |  |                      | stop's end
//!      | |   \ open          v                    |  |                      |
//!      | |    `--------------|--------------------'  |                      |
//!      | `-------------------|------- stop's end ----'                      |
//!      `------- close -----> HOME <-----------------------------------------'
//! ```
//!
//! | state | who may put something in the letter box |
//! |---|---|
//! | AWAY | nobody: the thread does not wait, and the box is empty |
//! | PARKED | nobody yet: the thread waits, or is about to |
//! | GIVEN | the giver that made it so, once; the thread takes it, now or when it comes |
//! | LAST | as GIVEN, and afterwards the thread goes home |
//! | HOME | the closer, once, if it found PARKED; else nobody: the thread sees it when it comes |
//!
//! # Invariants
//!
//! - I1: between two takings at most one thing is put in the box: the giver's or the closer's.
//! - I2: a thread that waits is given something: by the next giver, or by the closer.
//! - I3: there is one giver at a time, because it holds the goroutine, which runs on this thread alone
//!   and is in one queue at a time; and one closer for ever.
//!
//! # Handshake
//!
//! Read-modify-writes of one word: the thread parks, the giver gives, the closer closes. Whoever
//! comes second sees who came first. That the box is empty (MP): the thread takes, and parks with
//! Release; the closer finds PARKED with Acquire. The giver needs no such order of its own: it has the
//! goroutine, which ran after the thread's last taking, and what brought it the goroutine brought that
//! too (`proto/gstatus`).
//!
//! # Why it holds
//!
//! I1: the box is filled by who made the word GIVEN, or by who made it HOME from PARKED; neither state
//! becomes the other (GIVEN becomes LAST), and GIVEN ends only when the thread has taken. A thread
//! that would say so before it has taken would let the closer think that it comes by itself, while it
//! waits (mutant LM3). I2: a thread waits only if it made the word PARKED or found it given. Given: the
//! giver fills the box. PARKED: ended by a giver, or by the closer, who then fills it.
//!
//! A giver that finds the gate closed keeps its processor; the runtime ends, and the goroutine is
//! left suspended as others are.
//!
//! # Source
//!
//! Go's `stoplockedm` and `startlockedm` (runtime/proc.go). There a hand-over needs no state: nobody
//! else ever wakes such an M, because a Go runtime never ends. The count of locked idle Ms for the
//! deadlock check (`incidlelocked`) is the caller's.
//!
//! # Suites
//!
//! `verify/loom/lockedm.rs`: one hand-over without a bound; two in a row, and one from the thread to
//! itself against the closer, within 4 and 5 preemptions; a giver against the closer within 3.
//! `verify/shuttle/lockedm.rs`: the same depth first, two of them cut off, and many rounds against a
//! closer at random. Mutants LM1 to LM6.

use crate::base::throw;
use crate::facade::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

const AWAY: u32 = 0;
const PARKED: u32 = 1;
const GIVEN: u32 = 2;
const LAST: u32 = 3;
const HOME: u32 = 4;

/// What a giver may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Open {
    /// Put the processor in the letter box, once.
    Give,
    /// Keep it: the thread goes home.
    Closed,
}

/// What the closer must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Close {
    /// Nothing: the thread sees it when it next stops.
    Comes,
    /// Put the order to go home in the letter box, once.
    Tell,
}

/// A wired thread's gate. One that is wired to nothing has it too, and never stops at it.
pub(crate) struct LockedM {
    gate: AtomicU32,
}

impl LockedM {
    pub(crate) fn new() -> Self {
        Self { gate: AtomicU32::new(AWAY) }
    }

    /// The thread has nothing to run: waits for what `take` takes out of its letter box. None if it
    /// must go home without. Blocks the thread.
    pub(crate) fn stop<T>(&self, take: impl FnOnce() -> T) -> Option<T> {
        // ORDER Release: publishes that the letter box is empty.
        //   pairs    lockedm.close.gate
        //   checked  loom lockedm::the_box_is_empty_when_the_closer_fills_it
        match self.gate.compare_exchange(AWAY, PARKED, Release, Relaxed) {
            Ok(_) | Err(GIVEN | LAST) => {}
            Err(HOME) => return None,
            Err(other) => throw!("lockedm: stopped with {other}"),
        }
        let taken = take();
        self.back();
        Some(taken)
    }

    /// The thread has taken what was in its letter box.
    fn back(&self) {
        // Relaxed: nobody fills the box before the thread has stopped again, or run its goroutine.
        match self.gate.compare_exchange(GIVEN, AWAY, Relaxed, Relaxed) {
            Ok(_) | Err(HOME) => {}
            Err(LAST) => {
                // Relaxed: the thread's alone to end.
                self.gate.swap(HOME, Relaxed);
            }
            Err(other) => throw!("lockedm: back with {other}"),
        }
    }

    /// Whoever holds the thread's goroutine, and a processor for it, asks whether to hand that over.
    pub(crate) fn open(&self) -> Open {
        // Relaxed: first-load.
        let mut was = self.gate.load(Relaxed);
        loop {
            match was {
                AWAY | PARKED => {}
                HOME => return Open::Closed,
                _ => throw!("lockedm: given twice"),
            }
            // Relaxed: the goroutine brought what the thread did; the letter box publishes the rest.
            match self.gate.compare_exchange(was, GIVEN, Relaxed, Relaxed) {
                Ok(_) => return Open::Give,
                Err(now) => was = now, // progress: the thread has parked, or the closer has come
            }
        }
    }

    /// The runtime ends: the thread must go home. Once.
    pub(crate) fn close(&self) -> Close {
        // Relaxed: first-load.
        let mut was = self.gate.load(Relaxed);
        loop {
            let (to, answer) = match was {
                AWAY => (HOME, Close::Comes),
                PARKED => (HOME, Close::Tell),
                GIVEN => (LAST, Close::Comes),
                _ => throw!("lockedm: closed twice"),
            };
            // ORDER Acquire: receives that the letter box is empty.
            //   pairs    lockedm.stop.gate
            //   checked  loom lockedm::the_box_is_empty_when_the_closer_fills_it
            match self.gate.compare_exchange(was, to, Acquire, Relaxed) {
                Ok(_) => return answer,
                Err(now) => was = now, // progress: the thread or a giver has made a step
            }
        }
    }
}
