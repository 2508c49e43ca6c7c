//! A one-shot wake-up: one thread sleeps until another wakes it.
//!
//! # In short
//!
//! One thread, the sleeper, sleeps until one other thread, the waker, has come. The waker may come
//! before the sleeper, while the sleeper falls asleep, or later. A wake-up would be lost if the
//! waker saw no sleeper and the sleeper saw no wake-up. That cannot happen: both change one word by
//! read-modify-writes, and the kernel looks at the word once more before it lets the thread sleep.
//! Release and Acquire on that word show the sleeper what the waker wrote before, on each of the
//! three ways.
//!
//! # Words
//!
//! `word`, RMW-only, except for `clear` (when no other thread may touch it):
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
//! - I4: a sleeper is counted in [`asleep`](super::asleep) only between its CAS and its wake-up:
//!   its waker takes it out of the count first.
//!
//! # Handshake
//!
//! MP: the waker writes and puts `SET` in with Release; the sleeper reads `SET` with Acquire. Both
//! sides change the word by read-modify-writes, so either the waker sees `ASLEEP` and calls the
//! kernel, or the sleeper's CAS sees `SET`. Between the CAS and the sleep the kernel looks at the
//! word again.
//!
//! A waker that finds no sleeper is done with one CAS. If there is a sleeper, the word is the
//! waker's until the waker sets it (I1). Before that, the waker takes the sleeper out of the count.
//!
//! The waker's call into the kernel comes after its swap. By then the sleeper may be gone, or may
//! sleep again on the cleared note: that sleep ends without a reason, so the sleeper looks at the
//! word and sleeps again (mutant NO4). By then the note may also be dropped. The kernel does not
//! mind, as long as the memory is mapped: notes live in the threads' own records.
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
//! The checkers' clocks stand still, so no timed sleep ends by time there: only a unit test covers
//! that path. The danger on it is a wake-up at the last moment. The sleeper leaves that to its next
//! sleep: the word stays `ASLEEP` or is `SET`, and a sleep may begin in both states. Mutants beside
//! the weakened sites: NO2, NO3 (the waker does not look whether the sleeper sleeps), NO4.

use super::asleep::{self, Asleep};
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
pub(crate) struct Note {
    word: Futex,
    /// Where its sleeper is counted.
    asleep: &'static Asleep,
}

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
        Self { word: Futex::new(CLEAR), asleep: asleep::threads() }
    }

    /// Makes the note usable again. Only after `sleep` has returned, and before a waker of the next
    /// sleep is told.
    pub(crate) fn clear(&self) {
        // Relaxed: nobody else touches the word now (I1).
        self.word.word().store(CLEAR, Relaxed);
    }

    /// Wakes the sleeper, now or when it comes.
    pub(crate) fn wakeup(&self) {
        // ORDER Release: publishes what the waker wrote.
        //   pairs    note.fall_asleep.word
        //   checked  loom note::a_sleeper_that_came_late_sees_it_too
        match self.word.word().compare_exchange(CLEAR, SET, Release, Relaxed) {
            Ok(_) => {}
            Err(ASLEEP) => self.wake_sleeper(),
            Err(_) => throw!("note: woken twice"),
        }
    }

    #[cold]
    fn wake_sleeper(&self) {
        // First: a thread that may be awake must not be counted (I4).
        self.asleep.count_out();
        // ORDER Release: publishes what the waker wrote.
        //   pairs    note.is_set.word
        //   checked  loom note::a_sleeper_sees_what_was_written_before_the_wakeup
        if self.word.word().swap(SET, Release) != ASLEEP {
            throw!("note: woken twice");
        }
        self.word.wake_one();
    }

    fn is_set(&self) -> bool {
        // ORDER Acquire: receives what the waker wrote.
        //   pairs    note.wake_sleeper.word
        //   checked  loom note::a_sleeper_sees_what_was_written_before_the_wakeup
        self.word.word().load(Acquire) == SET
    }

    /// Announces the sleep; false if the note is set already.
    fn fall_asleep(&self) -> bool {
        // ORDER Acquire on failure: the wake-up came first, and with it what the waker wrote.
        //   pairs    note.wakeup.word
        //   checked  loom note::a_sleeper_that_came_late_sees_it_too
        match self.word.word().compare_exchange(CLEAR, ASLEEP, Relaxed, Acquire) {
            Ok(_) => {
                // A waker that is faster takes out what is not yet in: one too few, for a moment.
                self.asleep.count_in();
                true
            }
            Err(ASLEEP) => true, // again, after a time-out
            Err(_) => false,
        }
    }

    /// Sleeps until the note is set. Blocks the thread.
    pub(crate) fn sleep(&self) {
        if !self.fall_asleep() {
            return;
        }
        // Progress: the waker's swap. The kernel looks at the word first.
        loop {
            self.word.wait(ASLEEP);
            if self.is_set() {
                return;
            }
        }
    }

    /// Sleeps until the note is set, for at most `timeout_ns`. Blocks the thread.
    ///
    /// The caller counts as asleep also after the time was up, until it is woken. This is for
    /// callers that then only look whether all threads sleep, and sleep again. A thread that does
    /// anything else when the clock wakes it must not sleep here.
    pub(crate) fn sleep_timeout(&self, timeout_ns: u64) -> Sleep {
        if !self.fall_asleep() {
            return Sleep::Woken;
        }
        loop {
            let slept = self.word.wait_timeout(ASLEEP, timeout_ns);
            if self.is_set() {
                return Sleep::Woken;
            }
            if slept == Slept::TimedOut {
                return Sleep::TimedOut;
            }
        }
    }
}
