//! Scenarios of `proto/asleep`: threads that sleep, wake, create and end, and one that looks.

use std::sync::Arc;

use super::{Scenario, spawn};
use crate::facade::thread::JoinHandle;
use crate::facade::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire},
    spin_hint,
};
use crate::proto::{asleep, note::Note};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { asleep:
            one_that_was_woken_is_awake_though_its_waker_has_ended =
                WAKER_ENDS, loom Preemptions(4), shuttle cut(1_000, 200_000);
            whoever_the_last_sleeper_created_is_counted =
                CREATOR_SLEEPS, loom Preemptions(4), shuttle depth_first;
            one_that_was_woken_is_awake_though_another_fell_asleep =
                ANOTHER_SLEEPS, loom Preemptions(3), shuttle cut(1_000, 200_000);
            that_all_sleep_is_seen = ALL_SLEEP, loom Preemptions(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// The threads of a process, as the kernel counts them, and the notes they sleep on.
pub(crate) struct Process {
    /// As weak as the proof allows: whoever asks may be told an old number.
    threads: AtomicUsize,
    /// How many have ended, for the judge alone: no checker sees it.
    ended: std::sync::atomic::AtomicUsize,
    pub(crate) notes: [Note; 3],
}

impl Process {
    /// One thread, the caller, which will only look: it counts as asleep.
    pub(crate) fn new() -> Arc<Self> {
        asleep::threads().count_in();
        Arc::new(Self {
            threads: AtomicUsize::new(1),
            ended: std::sync::atomic::AtomicUsize::new(0),
            notes: [(); 3].map(|()| Note::new()),
        })
    }

    pub(crate) fn create(
        self: &Arc<Self>,
        f: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> JoinHandle {
        self.threads.fetch_add(1, AcqRel);
        let process = self.clone();
        spawn(move || {
            f(&process);
            process.ended.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            process.threads.fetch_add(usize::MAX, AcqRel);
        })
    }

    /// Whether all are asleep, as the thread that looks believes.
    fn is_everybody_asleep(&self) -> bool {
        asleep::threads().is_everybody(|| Some(self.threads.load(Acquire)))
    }

    /// Looks, where `others` come to their end whatever happens.
    pub(crate) fn look(&self, others: usize) -> &'static str {
        if !self.is_everybody_asleep() {
            return "somebody is awake";
        }
        let ended = self.ended.load(std::sync::atomic::Ordering::Relaxed);
        if ended == others { "all have ended" } else { "a false alarm" }
    }
}

const TRUE_ONES: &[&str] = &["all have ended", "somebody is awake"];

/// One wakes another and ends, which may leave no more threads than had been asleep.
pub(crate) const WAKER_ENDS: Scenario = Scenario {
    threads: 3,
    run: || {
        let process = Process::new();
        let sleeper = process.create(|process| process.notes[0].sleep());
        let waker = process.create(|process| process.notes[0].wakeup());
        let seen = process.look(2);
        sleeper.join();
        waker.join();
        String::from(seen)
    },
    outcomes: TRUE_ONES,
};

/// One creates another and falls asleep: whoever sees it asleep must count the other.
pub(crate) const CREATOR_SLEEPS: Scenario = Scenario {
    threads: 3,
    run: || {
        let process = Process::new();
        let creator = process.create(|process| {
            let other = process.create(|process| process.notes[0].wakeup());
            process.notes[0].sleep();
            other.join();
        });
        let seen = process.look(2);
        creator.join();
        String::from(seen)
    },
    outcomes: TRUE_ONES,
};

/// One is woken, its waker ends, and another falls asleep in its stead: as many sleep as before.
pub(crate) const ANOTHER_SLEEPS: Scenario = Scenario {
    threads: 4,
    run: || {
        let process = Process::new();
        let sleeper = process.create(|process| {
            process.notes[0].sleep();
            let other = process.create(|process| process.notes[1].sleep());
            process.notes[1].wakeup();
            other.join();
        });
        let waker = process.create(|process| process.notes[0].wakeup());
        let seen = process.look(3);
        sleeper.join();
        waker.join();
        String::from(seen)
    },
    outcomes: TRUE_ONES,
};

/// All fall asleep for good, one of them after it was woken, early or late: that is seen.
pub(crate) const ALL_SLEEP: Scenario = Scenario {
    threads: 3,
    run: || {
        let process = Process::new();
        let woken = process.create(|process| {
            process.notes[0].sleep();
            process.notes[1].sleep();
        });
        let waker = process.create(|process| {
            process.notes[0].wakeup();
            process.notes[2].sleep();
        });
        // Progress: both fall asleep.
        while !process.is_everybody_asleep() {
            spin_hint();
        }
        process.notes[1].wakeup();
        process.notes[2].wakeup();
        woken.join();
        waker.join();
        String::from("seen")
    },
    outcomes: &["seen"],
};
