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
//!    | ^ sleep_until                           ^|
//!    | +-----------> TIMED ------- wakeup -----+|
//!    | +<----------- TIMED  (the time is up)   ||
//!    +---------------- wakeup -----------------++--- clear ---> CLEAR
//! ```
//!
//! | state | the note's user may |
//! |---|---|
//! | `CLEAR` | waker: write what it wants seen; sleeper: come |
//! | `ASLEEP` | the same; the waker must call the kernel |
//! | `TIMED` | the same; the sleeper may go back to `CLEAR` |
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
//!   its waker takes it out of the count first. In `TIMED` it is not counted: the clock will wake it.
//!   A child of fork counts none of its parent's sleepers: `ASLEEP` says after how many forks it was
//!   written, and a waker takes out only a sleeper of its own process.
//! - I5: a sleep that ends by time leaves the note clear, or the wake-up was first and the sleep says so.
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
//! `verify/loom/note.rs`: early and late wake-ups without a bound; a second round, and the clock beside the
//! waker, within 4 and 3 preemptions. `verify/shuttle/note.rs`: the first complete, the others and a ring of
//! threads at random.
//!
//! A model's thread moves the clock on, so a sleep that ends by time races with the wake-up. Mutants beside
//! the weakened sites: NO2, NO3 (the waker does not look whether the sleeper sleeps), NO4, NO5 (a sleep that
//! ends by time overwrites the wake-up), NO6 (a waker does not try again after the clock was faster).

use super::asleep::{self, Asleep};
use crate::base::throw;
use crate::facade::{
    Futex,
    Ordering::{Acquire, Relaxed, Release},
    Slept, now_ns, process,
};

const CLEAR: u32 = 0;
const ASLEEP: u32 = 1;
const SET: u32 = 2;
const TIMED: u32 = 3;
/// So many bits for those. Above them: after how many forks the sleeper fell [asleep](asleep_here).
const FORKS_SHIFT: u32 = 2;

/// `ASLEEP`, of a sleeper of this process.
#[expect(clippy::cast_possible_truncation, reason = "forks of forks: some thousand")]
fn asleep_here() -> u32 {
    ASLEEP | (process::forks() as u32) << FORKS_SHIFT
}

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
        let mut state = CLEAR;
        // Progress: the sleeper begins one sleep for each wake-up, and the clock ends it once.
        loop {
            // ORDER Release: publishes what the waker wrote.
            //   pairs    note.announce.word, note.time_is_up.word
            //   checked  loom note::a_sleeper_that_came_late_sees_it_too
            match self.word.word().compare_exchange(state, SET, Release, Relaxed) {
                Ok(TIMED) => return self.word.wake_one(),
                Ok(_) => return,
                Err(now) if now == asleep_here() => return self.wake_sleeper(),
                Err(SET) => throw!("note: woken twice"),
                Err(now) => state = now,
            }
        }
    }

    #[cold]
    fn wake_sleeper(&self) {
        // First: a thread that may be awake must not be counted (I4).
        self.asleep.count_out();
        // ORDER Release: publishes what the waker wrote.
        //   pairs    note.is_set.word
        //   checked  loom note::a_sleeper_sees_what_was_written_before_the_wakeup
        if self.word.word().swap(SET, Release) != asleep_here() {
            throw!("note: woken twice");
        }
        self.word.wake_one();
    }

    /// Whether its sleeper was woken.
    pub(crate) fn is_set(&self) -> bool {
        // ORDER Acquire: receives what the waker wrote.
        //   pairs    note.wake_sleeper.word
        //   checked  loom note::a_sleeper_sees_what_was_written_before_the_wakeup
        self.word.word().load(Acquire) == SET
    }

    /// Announces a sleep that only the waker ends; false if the note is set already.
    fn fall_asleep(&self) -> bool {
        match self.announce(asleep_here()) {
            Ok(()) => {
                // A waker that is faster takes out what is not yet in: one too few, for a moment.
                self.asleep.count_in();
                true
            }
            Err(state) => state == asleep_here(), // again, after a time-out
        }
    }

    /// Announces a sleep, or says what the note is instead of clear.
    fn announce(&self, sleep: u32) -> Result<(), u32> {
        // ORDER Acquire on failure: the wake-up came first, and with it what the waker wrote.
        //   pairs    note.wakeup.word
        //   checked  loom note::a_sleeper_that_came_late_sees_it_too
        self.word.word().compare_exchange(CLEAR, sleep, Relaxed, Acquire).map(drop)
    }

    /// Ends a timed sleep by time; false if the wake-up was first.
    fn time_is_up(&self) -> bool {
        // ORDER Acquire on failure: the wake-up came first, and with it what the waker wrote.
        //   pairs    note.wakeup.word
        //   checked  loom note::a_sleep_ends_by_time_or_by_its_wakeup
        self.word.word().compare_exchange(TIMED, CLEAR, Relaxed, Acquire).is_ok()
    }

    /// Sleeps until the note is set. Blocks the thread.
    pub(crate) fn sleep(&self) {
        if !self.fall_asleep() {
            return;
        }
        // Progress: the waker's swap. The kernel looks at the word first.
        loop {
            self.word.wait(asleep_here());
            if self.is_set() {
                return;
            }
        }
    }

    /// Sleeps until the note is set, for at most `timeout_ns`. Blocks the thread.
    ///
    /// The caller counts as asleep also after the time was up, until it is woken. This is for
    /// callers that then only look (whether all threads sleep, or what there is), at most write what they saw to
    /// standard error, and sleep again. A thread that does anything else when the clock wakes it must not
    /// sleep here.
    pub(crate) fn sleep_timeout(&self, timeout_ns: u64) -> Sleep {
        if !self.fall_asleep() {
            return Sleep::Woken;
        }
        let deadline_ns = now_ns().saturating_add(timeout_ns);
        loop {
            let slept = self.word.wait_until(asleep_here(), deadline_ns);
            if self.is_set() {
                return Sleep::Woken;
            }
            if slept == Slept::TimedOut {
                return Sleep::TimedOut;
            }
        }
    }

    /// Sleeps until the note is set, or until `deadline_ns` of the clock. Blocks the thread, which counts
    /// as awake: the clock will wake it. If the time is up first, the note is clear.
    pub(crate) fn sleep_until(&self, deadline_ns: u64) -> Sleep {
        if self.announce(TIMED).is_err() {
            return Sleep::Woken;
        }
        // Progress: the clock, or the waker.
        loop {
            if now_ns() >= deadline_ns {
                return if self.time_is_up() { Sleep::TimedOut } else { Sleep::Woken };
            }
            self.word.wait_until(TIMED, deadline_ns);
            if self.is_set() {
                return Sleep::Woken;
            }
        }
    }
}
