//! Scenarios of `proto/pollbreak`: a deadline is added beside the one who waits for time.

use std::sync::Arc;

use super::{Scenario, beside};
use crate::facade::thread::JoinHandle;
use crate::facade::{
    AtomicU32, Ears, Event, Ordering::Relaxed, events, fence_heavy, moments, now_ns,
};
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
            one_who_waits_for_an_event_beside_a_sleeper_gets_it =
                AWAITED, loom Preemptions(2), shuttle sampled;
            a_processor_that_becomes_idle_opens_the_sleepers_ears =
                IDLE, loom Preemptions(2), shuttle sampled;
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
    /// How many wait for events, and how many processors are idle.
    awaited: AtomicU32,
    idle: AtomicU32,
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
            awaited: AtomicU32::new(0),
            idle: AtomicU32::new(0),
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

    /// Waits for time and events while there is need and nobody else does.
    // MIRRORS sleeper::sleep 7ecf8d4c
    fn keep_time(&self) {
        while self.is_needed() {
            if !self.sleeper.begin() {
                self.tell_of_an_idle_p();
                return;
            }
            self.watch();
            self.sleeper.end();
            if self.must_end() {
                return;
            }
        }
    }

    // MIRRORS sleeper::is_needed b8ec4fd9
    fn is_needed(&self) -> bool {
        self.earliest() != NEVER || self.awaited.load(Relaxed) > 0
    }

    // MIRRORS sleeper::tell_of_an_idle_p 3e6d9a49
    fn tell_of_an_idle_p(&self) {
        if self.earliest() <= now_ns() {
            self.sleeper.wake();
        } else if self.awaited.load(Relaxed) > 0 {
            let _ = self.sleeper.awaited();
        }
    }

    // MIRRORS sleeper::watch 48a417ca
    fn watch(&self) {
        while !self.must_end() && self.is_needed() {
            let first = self.earliest();
            if first <= now_ns() {
                self.fire(); // as the scheduler does, which then comes anew
                continue;
            }
            let ears = self.ears();
            self.sleeper
                .sleep_until(first, ears, || self.earliest() < first || self.ears() != ears);
            if ears == Ears::Open {
                self.hear();
            }
        }
    }

    // MIRRORS sleeper::ears 72d3b5c7
    fn ears(&self) -> Ears {
        let is_useful = self.awaited.load(Relaxed) > 0 && self.idle.load(Relaxed) > 0;
        if is_useful { Ears::Open } else { Ears::Shut }
    }

    /// Who waits for events is told, and waits no longer.
    fn hear(&self) {
        while events::take(|event| self.notes[event.whose].wakeup()) {}
    }

    /// The kernel has an event for the second note.
    fn deliver() {
        events::deliver(Event { whose: 1, input: true, output: false, is_end: false });
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

/// One begins to wait for an event while the sleeper sleeps for long, with an idle processor beside it.
pub(crate) const AWAITED: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        house.add(0, 1_000);
        house.idle.store(1, Relaxed);
        let sleeper = beside(&house, House::keep_time);
        let waiter = beside(&house, |house| {
            house.awaited.fetch_add(1, Relaxed);
            if house.sleeper.awaited() == Added::Nobody {
                house.keep_time();
            }
        });
        House::deliver();
        house.notes[1].sleep();
        house.end();
        waiter.join();
        sleeper.join();
        String::from("it came")
    },
    outcomes: &["it came"],
};

/// All processors work, one waits for an event, and then a processor becomes idle.
pub(crate) const IDLE: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        house.awaited.store(1, Relaxed);
        let sleeper = beside(&house, House::keep_time);
        let idler = beside(&house, |house| {
            house.idle.store(1, Relaxed);
            fence_heavy(); // as who gives a processor up
            house.keep_time();
        });
        House::deliver();
        house.notes[1].sleep();
        house.end();
        idler.join();
        sleeper.join();
        String::from("it came")
    },
    outcomes: &["it came"],
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
