//! Scenarios of `proto/note`.

use std::sync::Arc;

use super::{Scenario, spawn};
use crate::facade::Ordering::Relaxed;
use crate::facade::{AtomicU32, Cell, moments};
use crate::proto::note::{Note, Sleep};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { note:
            a_sleeper_sees_what_was_written_before_the_wakeup =
                SLEEPER_SEES_DATA, loom All, shuttle depth_first;
            a_sleeper_that_came_late_sees_it_too =
                LATE_SLEEPER_SEES_DATA, loom All, shuttle depth_first;
            a_timed_sleeper_sees_what_was_written_before_the_wakeup =
                TIMED_SLEEPER_SEES_DATA, loom All, shuttle depth_first;
            a_sleep_ends_by_time_or_by_its_wakeup = TIME_IS_UP, loom Preemptions(3), shuttle sampled;
            a_wakeup_meets_the_sleep_after_a_timed_one =
                SLEEPS_ON, loom Preemptions(3), shuttle sampled;
            a_cleared_note_sleeps_until_its_next_wakeup =
                USED_AGAIN, loom Preemptions(4), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// A note and what the waker writes before it wakes.
struct Shared {
    note: Note,
    data: Cell<u32>,
}

// SAFETY: the note orders the accesses of the cell; that it does is what the scenarios check.
unsafe impl Sync for Shared {}

/// The waker writes and wakes; the sleeper sleeps and reads.
pub(crate) const SLEEPER_SEES_DATA: Scenario = Scenario {
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

/// As above, and the sleeper tells whether it came after the wake-up.
pub(crate) const LATE_SLEEPER_SEES_DATA: Scenario = Scenario {
    threads: 2,
    run: || {
        let shared = Arc::new((
            Shared { note: Note::new(), data: Cell::new(0) },
            AtomicU32::new(0), // set after the wake-up; orders nothing
        ));
        let waker = spawn({
            let shared = shared.clone();
            move || {
                // SAFETY: the sleeper reads only after the wake-up.
                shared.0.data.with_mut(|data| unsafe { *data = 1 });
                shared.0.note.wakeup();
                shared.1.store(1, Relaxed);
            }
        });
        let late = shared.1.load(Relaxed);
        shared.0.note.sleep();
        // SAFETY: the waker is done with it.
        let seen = shared.0.data.with(|data| unsafe { *data });
        waker.join();
        format!("late={late} seen={seen}")
    },
    outcomes: &["late=0 seen=1", "late=1 seen=1"],
};

/// A timed sleep that the wake-up ends: no clock runs.
pub(crate) const TIMED_SLEEPER_SEES_DATA: Scenario = Scenario {
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
        let ended = shared.note.sleep_timeout(1);
        // SAFETY: the waker is done with it.
        let seen = shared.data.with(|data| unsafe { *data });
        waker.join();
        format!("{ended:?} seen={seen}")
    },
    outcomes: &["Woken seen=1"],
};

/// Two rounds: the second sleep must not end by the first wake-up, whose call into the kernel may
/// come as late as it likes.
pub(crate) const USED_AGAIN: Scenario = Scenario {
    threads: 3,
    run: || {
        let shared = Arc::new(Shared { note: Note::new(), data: Cell::new(0) });
        let mut seen = Vec::new();
        let wakers = [1, 2].map(|round| {
            let waker = spawn({
                let shared = shared.clone();
                move || {
                    // SAFETY: the sleeper reads it after this round's wake-up, and started us after
                    //         it was done with the last round.
                    shared.data.with_mut(|data| unsafe { *data = round });
                    shared.note.wakeup();
                }
            });
            shared.note.sleep();
            shared.note.clear();
            // SAFETY: this round's waker is done with it.
            seen.push(shared.data.with(|data| unsafe { *data }));
            waker
        });
        for waker in wakers {
            waker.join();
        }
        format!("{seen:?}")
    },
    outcomes: &["[1, 2]"],
};

/// A note that a waker sets while the clock moves on.
fn beside_a_clock(sleeper: impl FnOnce(&Note) -> String) -> String {
    moments::begin();
    let shared = Arc::new(Shared { note: Note::new(), data: Cell::new(0) });
    let waker = spawn({
        let shared = shared.clone();
        move || {
            // SAFETY: the sleeper reads only after the wake-up.
            shared.data.with_mut(|data| unsafe { *data = 1 });
            shared.note.wakeup();
        }
    });
    let clock = spawn(|| moments::advance(10));
    let ended = sleeper(&shared.note);
    // SAFETY: the waker is done with it.
    let seen = shared.data.with(|data| unsafe { *data });
    waker.join();
    clock.join();
    format!("{ended}seen={seen}")
}

/// A sleep until a moment; if it was up first, a sleep until the wake-up.
pub(crate) const TIME_IS_UP: Scenario = Scenario {
    threads: 3,
    run: || {
        beside_a_clock(|note| {
            if note.sleep_until(5) == Sleep::Woken {
                return String::from("woken, ");
            }
            note.sleep();
            String::from("timed out, then woken, ")
        })
    },
    outcomes: &["timed out, then woken, seen=1", "woken, seen=1"],
};

/// Two sleeps until a moment that is past already: the wake-up may come in the middle of each.
pub(crate) const SLEEPS_ON: Scenario = Scenario {
    threads: 3,
    run: || {
        beside_a_clock(|note| {
            if note.sleep_until(0) == Sleep::TimedOut && note.sleep_until(0) == Sleep::TimedOut {
                note.sleep();
            }
            String::new()
        })
    },
    outcomes: &["seen=1"],
};
