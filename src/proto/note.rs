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
//! | state | the note's user may |
//! |---|---|
//! | `CLEAR` | waker: write what it wants seen; sleeper: come |
//! | `ASLEEP` | the same; the waker must call the kernel |
//! | `SET` | sleeper: read what the waker wrote, then clear |
//!
//! # Invariants
//!
//! - I1: one thread sleeps on a note, one other wakes it, once for each clear.
//! - I2: what the waker wrote before `wakeup` is seen after `sleep`, on each of its three ways out:
//!   already set, set while it went to sleep (the failed CAS), set while it slept.
//!
//! - I3: a wake-up is never lost, and never ends a later sleep.
//!
//! # Handshake
//!
//! MP: the waker writes and swaps `SET` in with Release; the sleeper reads `SET` with Acquire. Both
//! sides change the word by read-modify-writes, so either the waker sees `ASLEEP` and calls the
//! kernel, or the sleeper's CAS sees `SET`. Between the CAS and the sleep the kernel looks at the
//! word again.
//!
//! The waker's call into the kernel comes after its swap, when the sleeper may be gone already, or
//! sleep again on the cleared note: that sleep ends without a reason, which is why it looks at the
//! word and goes on (mutant NO4). The call may also meet a note that is no more, which the kernel
//! does not mind, but a note must not be unmapped: they live in the threads' own records.
//!
//! # Source
//!
//! Go's `notesleep`, `notewakeup` and `noteclear` (`runtime/lock_futex.go`). The middle state, from
//! `lock_sema.go`, saves the system call when nobody sleeps yet; its failed CAS was Go's bug
//! golang/go#30189 (mutant NO2).
//!
//! # Suites
//!
//! `verify/loom/note.rs`: early and late wake-ups without a bound, a second round within 4
//! preemptions. `verify/shuttle/note.rs`: the same, complete, and a ring of threads at random.
//!
//! The checkers' clocks stand still, so no timed sleep ends by time there: that path is held by a
//! unit test only. What could go wrong on it is the wake-up at the last moment, which it leaves to
//! the next sleep: the word stays `ASLEEP` or is `SET`, and both are where a sleep may begin.
//! Mutants beside the weakened sites: NO2, NO3 (the waker does not tell whether somebody sleeps),
//! NO4.

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
