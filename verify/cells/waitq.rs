//! Scenarios of `proto/waitq`: wakers, and an end that finds its waiters by themselves.

use std::sync::Arc;

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::proto::lock::Exclude;
use crate::proto::waitq::{Waiter, Waitq, Withdrawn};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { waitq:
            what_a_waker_gave_is_passed_on_once =
                WOKEN_AT_THE_END, loom All, shuttle depth_first;
            the_next_is_woken_in_place_of_one_that_was_withdrawn =
                WITHDRAWN_FIRST, loom All, shuttle depth_first;
            those_in_between_leave_the_queue_whole =
                FROM_THE_MIDDLE, loom All, shuttle depth_first;
            a_promise_is_kept_or_its_waiter_is_withdrawn =
                PLEDGED, loom All, shuttle depth_first;
        }
    };
}
pub(crate) use suite;

/// A queue of numbers, whose wakers are numbers too.
struct House {
    queue: OneStep<Waitq<u32, u32>>,
    waiters: [Waiter<u32, u32>; 3],
}

// SAFETY: the waiters belong to the queue's lock while they are queued, and all are.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

impl House {
    fn new() -> Arc<Self> {
        let waiters = [1, 2, 3].map(|waker| Waiter::new(0, waker));
        let house = Self { queue: OneStep::new(Rank::Mutex, Waitq::new()), waiters };
        let house = Arc::new(house);
        for waiter in &house.waiters {
            // SAFETY: the house outlives the queue.
            unsafe { house.queue.lock().push_back(waiter) };
        }
        house
    }

    /// Gives the first waiter a number; returns whom to wake.
    fn wake(&self, gift: u32) -> Option<u32> {
        self.queue.lock().pop(|data| *data = gift).map(|((), waker)| waker)
    }

    /// What the end of a waiter leaves: its waker, or what it was given.
    fn withdraw(&self, i: usize) -> String {
        match self.queue.lock().withdraw(&self.waiters[i]) {
            Withdrawn::Queued(waker) => format!("withdrew {waker}"),
            Withdrawn::WasWoken(gift) => format!("passes on {gift}"),
            Withdrawn::Already => String::from("nothing"),
        }
    }
}

/// A waker gives to the first waiter, which is withdrawn, twice.
pub(crate) const WOKEN_AT_THE_END: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let waker = {
            let house = house.clone();
            spawn(move || assert!(house.wake(7).is_some()))
        };
        let ends = [house.withdraw(0), house.withdraw(0)];
        waker.join();
        let woken = house.wake(8);
        format!("{}, {}; then {woken:?}", ends[0], ends[1])
    },
    outcomes: &["passes on 7, nothing; then Some(2)", "withdrew 1, nothing; then Some(3)"],
};

/// Two wakers, and the first waiter is withdrawn: two others are woken, or one and a gift is left.
pub(crate) const WITHDRAWN_FIRST: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let end = {
            let house = house.clone();
            spawn(move || {
                let _ = house.withdraw(0);
            })
        };
        let woken = [house.wake(7), house.wake(8)];
        end.join();
        format!("{:?} {:?}", woken[0], woken[1])
    },
    outcomes: &["Some(1) Some(2)", "Some(2) Some(3)"],
};

/// The middle one is withdrawn beside a waker; the queue holds the others, in order.
pub(crate) const FROM_THE_MIDDLE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let waker = {
            let house = house.clone();
            spawn(move || assert_eq!(house.wake(7), Some(1)))
        };
        assert_eq!(house.withdraw(1), "withdrew 2");
        waker.join();
        let woken = [house.wake(8), house.wake(9)];
        assert!(house.queue.lock().is_empty(), "a node was left");
        format!("{:?} {:?}", woken[0], woken[1])
    },
    outcomes: &["Some(3) None"],
};

/// The first waiter is promised a number later, and withdrawn beside that.
pub(crate) const PLEDGED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let at = house.queue.lock().pledge().expect("three wait");
        assert_eq!(at, core::ptr::NonNull::from_ref(&house.waiters[0]));
        let waker = {
            let house = house.clone();
            spawn(move || {
                let at = core::ptr::NonNull::from_ref(&house.waiters[0]);
                // SAFETY: the promise is this thread's.
                let kept = unsafe { house.queue.lock().redeem(at, |data| *data = 7) };
                if let Ok(((), waker)) = kept {
                    assert_eq!(waker, 1);
                }
            })
        };
        let ends = [house.withdraw(0), house.withdraw(0)];
        waker.join();
        let woken = house.wake(8);
        format!("{}, {}; then {woken:?}", ends[0], ends[1])
    },
    outcomes: &["passes on 7, nothing; then Some(2)", "withdrew 1, nothing; then Some(2)"],
};
