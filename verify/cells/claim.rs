//! Scenarios of `proto/claim`: waits that several would end.

use std::sync::Arc;

use super::onestep::OneStep;
use super::{Scenario, beside};
use crate::base::rank::Rank;
use crate::facade::Cell;
use crate::proto::claim::{Claim, END, TIME};
use crate::proto::lock::Exclude;
use crate::proto::note::Note;
use crate::proto::waitq::{Waiter, Waitq, Withdrawn};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { claim:
            #[ignore = "long: ./check all"]
            of_two_wakers_one_ends_the_wait = TWO_QUEUES, loom Preemptions(4), shuttle sampled;
            of_three_who_claim_one_wins = THREE, loom All, shuttle depth_first;
            a_waker_that_loses_goes_on_to_the_next = TO_THE_NEXT, loom All, shuttle depth_first;
            a_wait_ends_by_time_or_by_a_waker = TIMED, loom All, shuttle depth_first;
            what_was_given_at_the_end_is_passed_on = ENDED, loom All, shuttle depth_first;
        }
    };
}
pub(crate) use suite;

type Queue = OneStep<Waitq<u32, Arc<Note>>>;

/// One who waits in two queues at once, and one who waits in the second only, behind it.
struct House {
    claim: Claim,
    queues: [Queue; 2],
    notes: [Arc<Note>; 2],
    waiters: [Waiter<u32, Arc<Note>>; 3],
    /// What a waker writes before it wakes: loom sees who reads it too early.
    gift: Cell<u32>,
}

// SAFETY: the waiters belong to their queues' locks, the gift to who won the claim, then to its waiter.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

impl House {
    fn new() -> Arc<Self> {
        let notes = [Arc::new(Note::new()), Arc::new(Note::new())];
        let claim = Claim::new();
        let queues = [(); 2].map(|()| OneStep::new(Rank::Mutex, Waitq::new()));
        let plain = || Waiter::new(0, notes[1].clone());
        let waiters = [plain(), plain(), plain()];
        let mut house = Self { claim, queues, notes, waiters, gift: Cell::new(0) };
        house.waiters[2] = Waiter::new(0, house.notes[1].clone());
        let mut house = Arc::new(house);
        // The claim lies where it stays.
        let at = Arc::get_mut(&mut house).expect("nobody else has it");
        for (i, case) in [(0, 0), (1, 1)] {
            let note = at.notes[0].clone();
            at.waiters[i] = Waiter::claimed(0, note, &at.claim, case);
        }
        for (queue, waiter) in [(0, 0), (1, 1), (1, 2)] {
            // SAFETY: the house outlives the queues.
            unsafe { house.queues[queue].lock().push_back(&house.waiters[waiter]) };
        }
        house
    }

    /// Wakes the first of a queue, and gives it a number; false if nobody waits there.
    fn wake(&self, queue: usize, number: u32) -> bool {
        let popped = self.queues[queue].lock().pop(|data| *data = number);
        let Some(((), note)) = popped else { return false };
        if Arc::ptr_eq(&note, &self.notes[0]) {
            // SAFETY: the one who won the claim writes; the waiter reads after its wake-up.
            self.gift.with_mut(|gift| unsafe { *gift = number });
        }
        note.wakeup();
        true
    }

    /// Sleeps as the one who waits in both; says who ended that, and with what.
    fn wait(&self) -> (u32, u32) {
        self.notes[0].sleep();
        self.leave()
    }

    /// Takes both nodes out.
    fn leave(&self) -> (u32, u32) {
        let case = self.claim.winner().expect("it was woken");
        // SAFETY: the winner wrote before it woke us.
        let gift = self.gift.with(|gift| unsafe { *gift });
        for i in [0, 1] {
            let _ = self.queues[i].lock().withdraw(&self.waiters[i]);
        }
        (case, gift)
    }
}

/// A waker for each of the two queues; nobody else waits in the first.
pub(crate) const TWO_QUEUES: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        let others = [(0, 10), (1, 11)].map(|(queue, gift)| {
            beside(&house, move |house| {
                house.wake(queue, gift);
            })
        });
        let (case, gift) = house.wait();
        assert_eq!(gift, 10 + case, "two ended it");
        others.into_iter().for_each(crate::facade::thread::JoinHandle::join);
        let is_left = house.queues[1].lock().is_empty();
        format!("by {case}, the second queue is empty: {is_left}")
    },
    // If the first queue won, the second waker found the other one who waits there, or came before.
    outcomes: &["by 0, the second queue is empty: true", "by 1, the second queue is empty: false"],
};

/// Three who claim, without queues.
pub(crate) const THREE: Scenario = Scenario {
    threads: 3,
    run: || {
        let claim = Arc::new((Claim::new(), OneStep::new(Rank::Mutex, 0)));
        let others = [0, 1].map(|case| {
            beside(&claim, move |claim| {
                if claim.0.try_claim(case) {
                    *claim.1.lock() += 1;
                }
            })
        });
        if claim.0.try_claim(2) {
            *claim.1.lock() += 1;
        }
        others.into_iter().for_each(crate::facade::thread::JoinHandle::join);
        let winners = *claim.1.lock();
        format!("{winners} won, by {:?}", claim.0.winner())
    },
    outcomes: &["1 won, by Some(0)", "1 won, by Some(1)", "1 won, by Some(2)"],
};

/// Two wakers of the second queue, beside the first one's: each finds somebody, or nobody is left.
pub(crate) const TO_THE_NEXT: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let other = beside(&house, |house| {
            house.wake(0, 10);
        });
        let woke = house.wake(1, 11);
        let (case, gift) = house.wait();
        assert_eq!(gift, 10 + case, "two ended it");
        other.join();
        let again = house.wake(1, 12);
        assert!(house.queues[1].lock().is_empty(), "a node was left, or came back");
        format!("by {case}: {woke} {again}")
    },
    outcomes: &["by 0: true false", "by 1: true true"],
};

/// The clock, and a waker.
pub(crate) const TIMED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let other = beside(&house, |house| assert!(house.wake(1, 11)));
        let timed_out = house.claim.try_claim(TIME);
        let (case, _) = if timed_out { house.leave() } else { house.wait() };
        other.join();
        let next = house.wake(1, 12);
        format!("by time: {}, the next is left: {next}", case == TIME)
    },
    outcomes: &["by time: false, the next is left: true", "by time: true, the next is left: false"],
};

/// The end of a runtime takes the nodes out one after the other, beside a waker.
pub(crate) const ENDED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let other = beside(&house, |house| assert!(house.wake(1, 11)));
        house.claim.try_claim(END);
        let withdrawn = [0, 1].map(|i| house.queues[i].lock().withdraw(&house.waiters[i]));
        let passed_on = withdrawn.iter().any(|end| matches!(end, Withdrawn::WasWoken(11)));
        other.join();
        let next = house.wake(1, 12);
        format!("passed on: {passed_on}, the next is left: {next}")
    },
    outcomes: &[
        "passed on: false, the next is left: false",
        "passed on: true, the next is left: true",
    ],
};
