//! The gate of a thread that is wired to one goroutine. The thread runs nothing else, and the
//! thread that finds its goroutine in a queue hands it a processor.
//!
//! The processor itself goes through a letter box (`proto/handoff`); the gate says who may put
//! something there.
//!
//! # In short
//!
//! A thread that is wired to a goroutine waits at its gate while the goroutine waits. A thread that
//! finds the goroutine in a queue, the giver, hands the wired thread a processor; at the end of the
//! runtime the closer sends the wired thread home. Giver and closer both use the thread's letter
//! box: if both filled it, an order would be lost, and if neither did, the thread would sleep for
//! ever. All three change one word, the gate, by read-modify-writes, so each of them sees what was
//! done before. The state of the gate says who may fill the box, and at each moment that is one of
//! them at most.
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
//! - I3: there is one giver at a time, because it holds the goroutine, which runs on this thread
//!   alone and is in one queue at a time; and one closer for ever.
//!
//! # Handshake
//!
//! Read-modify-writes of one word: the thread parks, the giver gives, the closer closes. Of two
//! that meet, the second sees what the first did. That the box is empty (MP): the thread takes, and
//! parks with Release; the closer finds PARKED with Acquire. The giver needs no such order of its
//! own: it has the goroutine, which ran after the thread emptied the box, and the hand-over of the
//! goroutine brought that too (`proto/gstatus`).
//!
//! # Why it holds
//!
//! I1: the box is filled by the giver that made the word GIVEN, or by the closer that made it HOME
//! from PARKED. Neither state becomes the other (GIVEN becomes LAST), and GIVEN ends only when the
//! thread has emptied the box. If the thread wrote AWAY before it has emptied the box, the closer
//! would believe that the thread comes by itself, while it waits (mutant LM3). I2: a thread waits
//! only if it made the word PARKED or found it GIVEN. If it is GIVEN, the giver fills the box. If
//! it is PARKED, a giver or the closer changes it and then fills the box.
//!
//! A giver that finds the gate closed keeps its processor; the runtime ends, and the goroutine is
//! left suspended as others are.
//!
//! # Source
//!
//! Go's `stoplockedm` and `startlockedm` (runtime/proc.go). There a hand-over needs no state: no
//! other thread ever wakes such an M, because a Go runtime never ends. The count of locked idle Ms
//! for the deadlock check (`incidlelocked`) is the caller's.
//!
//! # Suites
//!
//! `verify/loom/lockedm.rs`: one hand-over without a bound; two in a row, and the thread's
//! hand-over to itself against the closer, within 4 and 5 preemptions; a giver against the closer
//! within 3. `verify/shuttle/lockedm.rs`: the same depth first, two of them cut off, and many
//! rounds against a closer at random. Mutants LM1 to LM6.

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

/// A wired thread's gate. A thread that is not wired has a gate too, and never stops at it.
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

    /// A giver, which holds the thread's goroutine and a processor, asks whether to hand the
    /// processor over.
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
