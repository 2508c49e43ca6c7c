//! A one-shot wake-up: one thread sleeps until another has said that it may go on.
//!
//! # Words
//!
//! `word`, RMW-only but for `clear` (when nobody else may touch it):
//!
//! ```text
//!            sleep                wakeup
//!   CLEAR ----------> ASLEEP ----------------> SET
//!     |                                         |
//!     +---------------- wakeup ---------------->+--- clear ---> CLEAR
//! ```
//!
//! # Invariants
//!
//! - I1: one thread sleeps on a note, one other wakes it, once for each clear.
//! - I2: what the waker wrote before `wakeup` is seen after `sleep`, on each of its three ways out:
//!   already set, set while it went to sleep (the failed CAS), set while it slept.
//!
//! # Source
//!
//! Go's `notesleep`, `notewakeup` and `noteclear` (runtime/lock_futex.go). The middle state, from
//! `lock_sema.go`, saves the system call when nobody sleeps yet; its failed CAS was Go's bug
//! golang/go#30189 (mutant NO2).

use crate::base::throw;
use crate::facade::{
    Futex,
    Ordering::{Acquire, Relaxed, Release},
    Slept,
};

const CLEAR: u32 = 0;
const ASLEEP: u32 = 1;
const SET: u32 = 2;

/// The note.
pub(crate) struct Note(Futex);

/// What ended a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sleep {
    /// The note was set.
    Woken,
    /// The time was up first; the note may be slept on again.
    TimedOut,
}

impl Note {
    pub(crate) fn new() -> Self {
        Self(Futex::new(CLEAR))
    }

    /// Makes the note usable again. Only after `sleep` has returned, and before anybody is told to
    /// wake the next one.
    pub(crate) fn clear(&self) {
        // Relaxed: nobody else touches the word now (I1).
        self.0.word().store(CLEAR, Relaxed);
    }

    /// Lets the sleeper go on, now or when it comes.
    pub(crate) fn wakeup(&self) {
        // ORDER Release: publishes what the waker wrote.
        //   pairs    note.fall_asleep.word, note.is_set.word
        //   checked  loom note::a_sleeper_sees_what_was_written_before_the_wakeup
        match self.0.word().swap(SET, Release) {
            CLEAR => {}
            ASLEEP => self.0.wake_one(),
            _ => throw!("note: woken twice"),
        }
    }

    fn is_set(&self) -> bool {
        // ORDER Acquire: receives what the waker wrote.
        //   pairs    note.wakeup.word
        //   checked  loom note::a_sleeper_sees_what_was_written_before_the_wakeup
        self.0.word().load(Acquire) == SET
    }

    /// Says that somebody will sleep; false if the note is set already.
    fn fall_asleep(&self) -> bool {
        // ORDER Acquire on failure: the wake-up came first, and with it what the waker wrote.
        //   pairs    note.wakeup.word
        //   checked  loom note::a_sleeper_that_came_late_sees_it_too
        match self.0.word().compare_exchange(CLEAR, ASLEEP, Relaxed, Acquire) {
            Ok(_) | Err(ASLEEP) => true,
            Err(_) => false,
        }
    }

    /// Sleeps until the note is set. Blocks the thread.
    pub(crate) fn sleep(&self) {
        if !self.fall_asleep() {
            return;
        }
        // Progress: the waker's swap.
        while !self.is_set() {
            self.0.wait(ASLEEP);
        }
    }

    /// Sleeps until the note is set, for at most `timeout_ns`. Blocks the thread.
    pub(crate) fn sleep_timeout(&self, timeout_ns: u64) -> Sleep {
        if !self.fall_asleep() {
            return Sleep::Woken;
        }
        while !self.is_set() {
            if self.0.wait_timeout(ASLEEP, timeout_ns) == Slept::TimedOut {
                return if self.is_set() { Sleep::Woken } else { Sleep::TimedOut };
            }
        }
        Sleep::Woken
    }
}
