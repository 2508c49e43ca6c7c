//! Scenarios of `proto/timers`: a timer fires, is removed and is moved.

use std::sync::Arc;

use super::{Scenario, beside};
use crate::facade::thread::JoinHandle;
use crate::proto::claim::{Claim, TIME};
use crate::proto::timers::{NEVER, Timer, Timers};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { timers:
            a_timer_fires_or_is_removed = REMOVED, loom Preemptions(4), shuttle depth_first;
            a_timer_that_is_moved_fires_or_is_removed =
                MOVED, loom Preemptions(2), shuttle cut(60, 20_000);
            a_timer_whose_wait_has_ended_does_not_fire =
                CLAIMED, loom All, shuttle depth_first;
            a_timer_is_its_owners_again_once_it_is_removed =
                OWNED, loom Preemptions(3), shuttle cut(1_000, 20_000);
            nothing_is_added_after_the_end = CLOSED, loom Preemptions(3), shuttle depth_first;
        }
    };
}
pub(crate) use suite;

/// Two heaps, and a timer in the first.
struct House {
    heaps: [Timers<u32>; 2],
    timer: Timer<u32>,
    claim: Claim,
}

impl House {
    fn new() -> Arc<Self> {
        let heaps = [Timers::new(), Timers::new()];
        Arc::new(Self { heaps, timer: Timer::new(), claim: Claim::new() })
    }

    fn with_timer() -> Arc<Self> {
        let house = Self::new();
        house.add();
        house
    }

    fn add(&self) {
        // SAFETY: it is this heap's number, and the house outlives both.
        unsafe { self.heaps[0].add(0, &self.timer, 5, 7) };
    }

    // MIRRORS timed::remove 90c14804
    fn remove(&self) -> Option<u32> {
        while let Some(home) = self.timer.home() {
            if let Some(fires) = self.heaps[home as usize].remove(home, &self.timer) {
                return Some(fires);
            }
        }
        None
    }

    /// Fires what is due in both heaps.
    fn fire(&self) -> usize {
        self.heaps.iter().filter_map(|heap| heap.pop_due(5, |_| true)).count()
    }

    fn check_empty(&self) {
        assert!(self.heaps.iter().all(|heap| heap.when() == NEVER), "a deadline was left");
    }
}

/// Who removes it, beside who fires it: one of them has it.
pub(crate) const REMOVED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::with_timer();
        let other = beside(&house, |house| {
            house.fire();
        });
        let removed = house.remove();
        if removed.is_some() {
            house.check_empty(); // before anybody else tells the deadline anew
        }
        other.join();
        house.check_empty();
        format!("{removed:?}")
    },
    outcomes: &["None", "Some(7)"],
};

/// The same, while a third moves it to the other heap. Who fires may look there too early.
pub(crate) const MOVED: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::with_timer();
        let others = [
            beside(&house, |house| house.heaps[0].move_to(&house.heaps[1], 1)),
            beside(&house, |house| {
                house.fire();
            }),
        ];
        let removed = house.remove();
        others.into_iter().for_each(JoinHandle::join);
        assert_eq!(house.fire(), 0, "it was left");
        house.check_empty();
        format!("{removed:?}")
    },
    outcomes: &["None", "Some(7)"],
};

/// Its wait was ended by another.
pub(crate) const CLAIMED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::with_timer();
        let other = beside(&house, |house| {
            house.claim.try_claim(1);
        });
        let fired = house.heaps[0].pop_due(5, |_| house.claim.try_claim(TIME)).is_some();
        other.join();
        house.check_empty();
        assert_eq!(fired, house.claim.winner() == Some(TIME));
        assert_eq!(house.remove(), None);
        format!("fired: {fired}")
    },
    outcomes: &["fired: false", "fired: true"],
};

/// Its wait was ended by another, and its owner uses it again, while one is about to fire it.
pub(crate) const OWNED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::with_timer();
        let other = beside(&house, |house| {
            house.heaps[0].pop_due(5, |_| house.claim.try_claim(TIME));
        });
        let is_woken = house.claim.try_claim(1);
        if is_woken {
            house.remove();
            // SAFETY: it is this heap's number, and the house outlives both.
            unsafe { house.heaps[1].add(1, &house.timer, 5, 8) };
            assert_eq!(house.heaps[1].pop_due(5, |_| true), Some(8));
        }
        other.join();
        house.check_empty();
        format!("woken: {is_woken}")
    },
    outcomes: &["woken: false", "woken: true"],
};

/// One is added while its runtime ends.
pub(crate) const CLOSED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let other = beside(&house, House::add);
        let left = house.heaps[0].close().count();
        other.join();
        house.check_empty();
        format!("left: {left}")
    },
    outcomes: &["left: 0", "left: 1"],
};
