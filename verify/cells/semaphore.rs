//! Scenarios of `proto/semaphore`: permits that are taken, given back and waited for.

use std::sync::Arc;

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::facade::Cell;
use crate::proto::claim::{Claim, TIME};
use crate::proto::lock::Exclude;
use crate::proto::note::Note;
use crate::proto::semaphore::{Semaphore, Taken};
use crate::proto::waitq::{Waiter, Waitq, Withdrawn};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { semaphore:
            who_takes_a_permit_sees_what_its_last_holder_did =
                FREE_AGAIN, loom All, shuttle cut(1_000, 20_000);
            who_finds_a_permit_under_the_lock_sees_what_its_last_holder_did =
                FREE_UNDER_THE_LOCK, loom Preemptions(4), shuttle cut(1_000, 20_000);
            who_was_served_sees_what_the_last_holder_did = SERVED, loom All, shuttle cut(1_000, 20_000);
            who_gets_an_added_permit_sees_what_was_done_before =
                ADDED, loom All, shuttle cut(1_000, 20_000);
            three_take_turns = THREE, loom Preemptions(3), shuttle cut(1_000, 50_000);
            two_who_give_serve_one_who_wants_both =
                WANTS_BOTH, loom Preemptions(3), shuttle cut(1_000, 50_000);
            two_who_wait_are_served_by_one_who_gives = TWO_WAIT, loom Preemptions(4), shuttle cut(1_000, 20_000);
            nobody_takes_permits_past_one_that_waits = NOT_PAST, loom Preemptions(4), shuttle cut(1_000, 20_000);
            what_goes_out_of_the_queue_lets_the_next_in =
                WITHDRAWN, loom All, shuttle cut(1_000, 20_000);
            a_dead_waiter_passes_its_permits_on = ENDED, loom Preemptions(4), shuttle cut(1_000, 20_000);
            a_permit_is_not_lost_to_one_whose_time_is_up = TIMED, loom Preemptions(4), shuttle cut(1_000, 20_000);
            permits_are_taken_away_beside_one_that_is_served =
                FORGOTTEN, loom All, shuttle cut(1_000, 20_000);
        }
    };
}
pub(crate) use suite;

type Permits = Semaphore<Arc<Note>, OneStep<Waitq<usize, Arc<Note>>>>;

/// Permits, and what they guard.
pub(super) struct House {
    permits: Permits,
    data: Cell<u32>,
}

// SAFETY: whoever touches the data has the permits for that; that they keep others out is what the
//         scenarios check.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

#[expect(clippy::needless_pass_by_value, reason = "the shape of a waker that is used once")]
pub(super) fn wake(note: Arc<Note>) {
    note.wakeup();
}

impl House {
    pub(super) fn new(permits: usize) -> Arc<Self> {
        let waiters = OneStep::new(Rank::Semaphore, Waitq::new());
        Arc::new(Self { permits: Permits::under(waiters, permits), data: Cell::new(0) })
    }

    /// Waits for `n` permits.
    pub(super) fn acquire(&self, n: usize) {
        if !self.permits.try_take(n) {
            self.acquire_slow(n);
        }
    }

    /// The same, without a look before the lock was taken.
    fn acquire_slow(&self, n: usize) {
        let note = Arc::new(Note::new());
        let waiter = Waiter::new(n, note.clone());
        // SAFETY: the node stays here until it was woken.
        if unsafe { self.permits.take_or_queue(&waiter, n) } == Taken::Queued {
            note.sleep();
        }
    }

    pub(super) fn give(&self, n: usize) {
        self.permits.give(n, wake);
    }

    /// Counts one more; for one that keeps all others out.
    pub(super) fn write(&self) -> u32 {
        // SAFETY: see `House`.
        self.data.with_mut(|n| unsafe {
            *n += 1;
            *n
        })
    }

    /// For one that keeps those out who write.
    pub(super) fn read(&self) -> u32 {
        // SAFETY: see `House`.
        self.data.with(|n| unsafe { *n })
    }

    fn is_whole(&self, permits: usize) -> bool {
        self.permits.available() == permits && self.permits.try_take(permits)
    }

    /// A waiter that is queued and sleeps later.
    fn queued(&self, n: usize) -> (Box<Waiter<usize, Arc<Note>>>, Arc<Note>) {
        let note = Arc::new(Note::new());
        let waiter = Box::new(Waiter::new(n, note.clone()));
        // SAFETY: the box stays where it is until it was woken or withdrawn.
        assert_eq!(unsafe { self.permits.take_or_queue(&waiter, n) }, Taken::Queued);
        (waiter, note)
    }
}

/// A thread has a permit, and gives it back.
fn use_one(house: &House) -> u32 {
    house.acquire(1);
    let n = house.write();
    house.give(1);
    n
}

/// One permit that two take, who try first.
pub(crate) const FREE_AGAIN: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1);
        let its = house.clone();
        let other = spawn(move || {
            if its.permits.try_take(1) {
                its.write();
                its.give(1);
            }
        });
        let mine = if house.permits.try_take(1) {
            let n = house.write();
            house.give(1);
            n.to_string()
        } else {
            String::from("none")
        };
        other.join();
        assert!(house.is_whole(1));
        format!("mine: {mine}")
    },
    outcomes: &["mine: 1", "mine: 2", "mine: none"],
};

/// The same, where one looks under the lock only.
pub(crate) const FREE_UNDER_THE_LOCK: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1);
        let its = house.clone();
        let other = spawn(move || {
            if its.permits.try_take(1) {
                its.write();
                its.give(1);
            }
        });
        house.acquire_slow(1);
        let mine = house.write();
        house.give(1);
        other.join();
        assert!(house.is_whole(1));
        format!("mine: {mine}")
    },
    outcomes: &["mine: 1", "mine: 2"],
};

/// A permit is held when another thread comes for it.
pub(crate) const SERVED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1);
        house.acquire(1);
        let its = house.clone();
        let other = spawn(move || assert_eq!(use_one(&its), 2));
        house.write();
        house.give(1);
        other.join();
        assert!(house.is_whole(1));
        String::from("the other was second")
    },
    outcomes: &["the other was second"],
};

/// A new permit is added for one that waits, or comes.
pub(crate) const ADDED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(0);
        let its = house.clone();
        let other = spawn(move || assert_eq!(use_one(&its), 2));
        house.write();
        assert_eq!(house.permits.add(1, wake), 1);
        other.join();
        assert!(house.is_whole(1));
        String::from("it has it")
    },
    outcomes: &["it has it"],
};

/// Three threads take one permit, one after the other.
pub(crate) const THREE: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(1);
        let others = [(); 2].map(|()| {
            let its = house.clone();
            spawn(move || {
                use_one(&its);
            })
        });
        let mine = use_one(&house);
        others.into_iter().for_each(crate::facade::thread::JoinHandle::join);
        assert!(house.is_whole(1));
        format!("mine: {mine}")
    },
    outcomes: &["mine: 1", "mine: 2", "mine: 3"],
};

/// Two have a permit each, and give it back; a third wants both.
pub(crate) const WANTS_BOTH: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new(2);
        house.acquire(2);
        let others = [(); 2].map(|()| {
            let its = house.clone();
            spawn(move || {
                its.read();
                its.give(1);
            })
        });
        house.acquire(2);
        house.write();
        house.give(2);
        others.into_iter().for_each(crate::facade::thread::JoinHandle::join);
        assert!(house.is_whole(2));
        String::from("it had both")
    },
    outcomes: &["it had both"],
};

/// Two who wait for a permit each; one gives two.
pub(crate) const TWO_WAIT: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2);
        house.acquire(2);
        let waiters = [house.queued(1), house.queued(1)];
        let its = house.clone();
        let other = spawn(move || its.give(2));
        for (_, note) in &waiters {
            note.sleep();
        }
        other.join();
        house.give(2);
        assert!(house.is_whole(2));
        String::from("both were served")
    },
    outcomes: &["both were served"],
};

/// One waits for two, of which one is there; another comes for one.
pub(crate) const NOT_PAST: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2);
        house.acquire(1);
        let (_waiter, note) = house.queued(2);
        let its = house.clone();
        let other = spawn(move || {
            let is_passed = its.permits.try_take(1);
            assert!(!is_passed || its.read() == 1, "past the one that waits");
            its.give(usize::from(is_passed));
        });
        house.give(1);
        note.sleep();
        house.write();
        house.give(2);
        other.join();
        assert!(house.is_whole(2));
        String::from("it had both")
    },
    outcomes: &["it had both"],
};

/// One waits for two and goes, behind it one waits for one, which is there.
pub(crate) const WITHDRAWN: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2);
        house.acquire(1);
        let (waiter, _note) = house.queued(2);
        let its = house.clone();
        let other = spawn(move || {
            its.acquire(1);
            its.give(1);
        });
        let withdrawn = house.permits.withdraw(&waiter, wake);
        assert!(matches!(withdrawn, Withdrawn::Queued(_)));
        other.join();
        house.give(1);
        assert!(house.is_whole(2));
        String::from("the next went on")
    },
    outcomes: &["the next went on"],
};

/// One that waits first will never run again; a permit is given back meanwhile, and another waits.
pub(crate) const ENDED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1);
        house.acquire(1);
        let (waiter, _note) = house.queued(1);
        let (_living, note) = house.queued(1);
        let its = house.clone();
        let other = spawn(move || its.give(1));
        let outcome = match house.permits.withdraw(&waiter, wake) {
            Withdrawn::Queued(_) => "it had none",
            Withdrawn::WasWoken(n) => {
                house.give(n);
                "it had one"
            }
            Withdrawn::Already => "it was withdrawn before",
        };
        note.sleep();
        house.give(1);
        other.join();
        assert!(house.is_whole(1));
        String::from(outcome)
    },
    outcomes: &["it had none", "it had one"],
};

/// The time of one that waits is up while a permit is given back.
pub(crate) const TIMED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(1);
        house.acquire(1);
        let (claim, note) = (Claim::new(), Arc::new(Note::new()));
        let waiter = Waiter::claimed(1, note.clone(), &claim, 0);
        // SAFETY: it stays until it was woken or withdrawn.
        assert_eq!(unsafe { house.permits.take_or_queue(&waiter, 1) }, Taken::Queued);
        let (_living, next) = house.queued(1);
        let its = house.clone();
        let other = spawn(move || its.give(1));
        let is_up = claim.try_claim(TIME);
        if is_up {
            let _ = house.permits.withdraw(&waiter, wake);
        } else {
            note.sleep();
            house.give(1);
        }
        next.sleep();
        house.give(1);
        other.join();
        assert!(house.is_whole(1));
        format!("its time was up: {is_up}")
    },
    outcomes: &["its time was up: false", "its time was up: true"],
};

/// Permits are given to one that waits while another takes away what is there.
pub(crate) const FORGOTTEN: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new(2);
        house.acquire(2);
        let (waiter, _note) = house.queued(2);
        let its = house.clone();
        let other = spawn(move || its.give(2));
        let forgotten = house.permits.forget(1);
        other.join();
        let served = matches!(house.permits.withdraw(&waiter, wake), Withdrawn::WasWoken(2));
        assert_eq!(house.permits.available(), 2 - forgotten - if served { 2 } else { 0 });
        format!("{forgotten} forgotten, served: {served}")
    },
    outcomes: &["0 forgotten, served: true", "1 forgotten, served: false"],
};
