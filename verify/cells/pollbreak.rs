//! Scenarios of `proto/pollbreak`: a deadline is added beside the one who waits for time.

use std::sync::Arc;

use super::{Scenario, beside};
use crate::facade::thread::JoinHandle;
use crate::facade::{AtomicU32, Ordering::Relaxed, moments, now_ns};
use crate::proto::note::Note;
use crate::proto::pollbreak::{Added, Sleeper};
use crate::proto::timers::{NEVER, Timer, Timers};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { pollbreak:
            a_deadline_that_is_added_beside_a_sleeper_is_kept =
                BESIDE, loom Preemptions(2), shuttle sampled;
            a_deadline_that_is_added_beside_the_end_of_a_sleeper_is_seen =
                AT_THE_END, loom Preemptions(2), shuttle sampled;
            a_sleeper_that_is_woken_sees_why = WOKEN, loom All, shuttle sampled;
            one_sleeper_keeps_the_time_for_two = TWO, loom Preemptions(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// Two heaps, with a note that each timer sets, and who waits for time.
struct House {
    sleeper: Sleeper,
    heaps: [Timers<usize>; 2],
    timers: [Timer<usize>; 2],
    notes: [Note; 2],
    ends: AtomicU32,
}

impl House {
    fn new() -> Arc<Self> {
        moments::begin();
        Arc::new(Self {
            sleeper: Sleeper::new(),
            heaps: [Timers::new(), Timers::new()],
            timers: [Timer::new(), Timer::new()],
            notes: [Note::new(), Note::new()],
            ends: AtomicU32::new(0),
        })
    }

    /// Adds timer `i` to heap `i`.
    fn add(&self, i: usize, when: u64) {
        let home = u32::from(i == 1);
        // SAFETY: it is this heap's number, and the house outlives both.
        unsafe { self.heaps[i].add(home, &self.timers[i], when, i) };
    }

    /// Adds a timer, and looks at the time if nobody does.
    fn add_and_tell(&self, i: usize, when: u64) {
        self.add(i, when);
        if self.sleeper.added(when) == Added::Nobody {
            self.keep_time();
        }
    }

    fn earliest(&self) -> u64 {
        self.heaps.iter().map(Timers::when).min().unwrap_or(NEVER)
    }

    /// Waits for time while there are timers and nobody else does.
    // MIRRORS sleeper::sleep 7d30b5d1
    fn keep_time(&self) {
        while self.earliest() != NEVER && self.sleeper.begin() {
            self.watch_the_time();
            self.sleeper.end();
            if self.must_end() {
                return;
            }
        }
    }

    // MIRRORS sleeper::watch_the_time ca5058c3
    fn watch_the_time(&self) {
        while !self.must_end() {
            let first = self.earliest();
            if first == NEVER {
                return;
            }
            if first <= now_ns() {
                self.fire();
            } else {
                self.sleeper.sleep_until(first, first, || self.earliest());
            }
        }
    }

    fn fire(&self) {
        let now = now_ns();
        for heap in &self.heaps {
            while let Some(i) = heap.pop_due(now, |_| true) {
                self.notes[i].wakeup();
            }
        }
    }

    fn must_end(&self) -> bool {
        self.ends.load(Relaxed) != 0
    }

    /// Ends whoever waits for time.
    fn end(&self) {
        self.ends.store(1, Relaxed);
        self.sleeper.wake();
    }
}

/// The sleeper knows of a later deadline, and one is added whose time comes first.
pub(crate) const BESIDE: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        house.add(0, 1_000);
        let sleeper = beside(&house, House::keep_time);
        let adder = beside(&house, |house| house.add_and_tell(1, 5));
        moments::advance(10);
        house.notes[1].sleep();
        house.end();
        adder.join();
        sleeper.join();
        String::from("it fired")
    },
    outcomes: &["it fired"],
};

/// The only deadline is over, so the sleeper ends, and one is added.
pub(crate) const AT_THE_END: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        house.add(0, 0);
        let sleeper = beside(&house, House::keep_time);
        let adder = beside(&house, |house| house.add_and_tell(1, 5));
        moments::advance(10);
        house.notes[0].sleep();
        house.notes[1].sleep();
        adder.join();
        sleeper.join();
        assert_eq!(house.earliest(), NEVER);
        String::from("both fired")
    },
    outcomes: &["both fired"],
};

/// The runtime ends while the sleeper sleeps for long.
pub(crate) const WOKEN: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        house.add(0, 1_000);
        let sleeper = beside(&house, House::keep_time);
        house.end();
        sleeper.join();
        String::from("it ended")
    },
    outcomes: &["it ended"],
};

/// Two add a timer each, and look at the time if nobody does.
pub(crate) const TWO: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        let adders = [0, 1].map(|i| beside(&house, move |house| house.add_and_tell(i, 5)));
        moments::advance(10);
        house.notes[0].sleep();
        house.notes[1].sleep();
        adders.into_iter().for_each(JoinHandle::join);
        String::from("both fired")
    },
    outcomes: &["both fired"],
};
