//! Scenarios of `proto/condvar`: waiting for a change of what a mutex guards.
//!
//! The mutex is taken in one step: the real one has its own suites.

use std::sync::Arc;

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::facade::thread::JoinHandle;
use crate::proto::claim::{Claim, TIME};
use crate::proto::condvar::Condvar;
use crate::proto::lock::Exclude;
use crate::proto::note::Note;
use crate::proto::tickets::{Ticket, Tickets};
use crate::proto::waitq::{Waiter, Withdrawn};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { condvar:
            a_change_that_is_notified_is_not_missed = ONE, loom All, shuttle cut(1_000, 20_000);
            each_of_two_is_notified_by_one = TWO_BY_ONE, loom Preemptions(3), shuttle cut(1_000, 50_000);
            both_are_notified_by_all = TWO_BY_ALL, loom Preemptions(3), shuttle cut(1_000, 50_000);
            two_wait_for_each_other_in_turn = PING_PONG, loom Preemptions(3), shuttle cut(1_000, 50_000);
            one_that_waits_longer_is_notified_first = IN_ORDER, loom All, shuttle cut(1_000, 20_000);
            a_dead_waiter_passes_its_notification_on = ENDED, loom Preemptions(4), shuttle cut(1_000, 20_000);
            a_notification_is_not_lost_to_one_whose_time_is_up =
                TIMED, loom Preemptions(4), shuttle cut(1_000, 20_000);
        }
    };
}
pub(crate) use suite;

type Waiters = Condvar<Arc<Note>, OneStep<Tickets<Arc<Note>>>>;
type Node = Waiter<Ticket, Arc<Note>>;

/// A number that a mutex guards, and those who wait for it to change.
struct House {
    mutex: OneStep<u32>,
    waiters: Waiters,
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of a waker that is used once")]
fn wake(note: Arc<Note>) {
    note.wakeup();
}

impl House {
    fn new() -> Arc<Self> {
        let waiters = OneStep::new(Rank::Condvar, Tickets::new());
        Arc::new(Self { mutex: OneStep::new(Rank::Mutex, 0), waiters: Waiters::under(waiters) })
    }

    /// Waits until the number is as wanted, and changes it.
    fn change_when(&self, wanted: fn(u32) -> bool, change: fn(&mut u32)) {
        let mut number = self.mutex.lock();
        while !wanted(*number) {
            let note = Arc::new(Note::new());
            let mut waiter = Waiter::new(Ticket::NONE, note.clone());
            // SAFETY: the node stays here until it was woken.
            unsafe { self.waiters.queue(&mut waiter) };
            drop(number);
            note.sleep();
            number = self.mutex.lock();
        }
        change(&mut number);
    }

    /// Adds one to the number.
    fn add(&self, n: u32) {
        *self.mutex.lock() += n;
    }

    fn notify_one(&self) {
        self.waiters.notify_one(wake);
    }

    fn notify_all(&self) {
        self.waiters.notify_all(wake);
    }

    /// A waiter that is queued and sleeps later.
    fn queued(&self) -> (Box<Node>, Arc<Note>) {
        let note = Arc::new(Note::new());
        let mut waiter = Box::new(Waiter::new(Ticket::NONE, note.clone()));
        let number = self.mutex.lock();
        // SAFETY: the box stays where it is until it was woken or withdrawn.
        unsafe { self.waiters.queue(&mut waiter) };
        drop(number);
        (waiter, note)
    }
}

/// One that waits for the number to be one more, which takes it away again.
fn taker(house: &Arc<House>) -> JoinHandle {
    let its = house.clone();
    spawn(move || its.change_when(|n| n > 0, |n| *n -= 1))
}

/// One waits, or comes later, for a change that another makes.
pub(crate) const ONE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let taker = taker(&house);
        house.add(1);
        house.notify_one();
        taker.join();
        format!("{}", *house.mutex.lock())
    },
    outcomes: &["0"],
};

/// Two wait for a change each; each is notified once.
pub(crate) const TWO_BY_ONE: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        let takers = [taker(&house), taker(&house)];
        for _ in 0..2 {
            house.add(1);
            house.notify_one();
        }
        takers.into_iter().for_each(JoinHandle::join);
        format!("{}", *house.mutex.lock())
    },
    outcomes: &["0"],
};

/// Two wait for a change each; both are made, and all are notified.
pub(crate) const TWO_BY_ALL: Scenario = Scenario {
    threads: 3,
    run: || {
        let house = House::new();
        let takers = [taker(&house), taker(&house)];
        house.add(2);
        house.notify_all();
        takers.into_iter().for_each(JoinHandle::join);
        format!("{}", *house.mutex.lock())
    },
    outcomes: &["0"],
};

/// Each of two waits for the other, twice.
pub(crate) const PING_PONG: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let its = house.clone();
        let other = spawn(move || {
            for _ in 0..2 {
                its.change_when(|n| n % 2 == 1, |n| *n += 1);
                its.notify_one();
            }
        });
        for _ in 0..2 {
            house.change_when(|n| n % 2 == 0, |n| *n += 1);
            house.notify_one();
        }
        other.join();
        format!("{}", *house.mutex.lock())
    },
    outcomes: &["4"],
};

/// One waits already when another comes: the notification is the first one's (golang/go#14064).
pub(crate) const IN_ORDER: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let (_first, note) = house.queued();
        let its = house.clone();
        let other = spawn(move || {
            let (second, _) = its.queued();
            let is_queued = matches!(its.waiters.withdraw(&second), Withdrawn::Queued(_));
            assert!(is_queued, "it took what was the first one's");
        });
        house.add(1);
        house.notify_one();
        note.sleep();
        other.join();
        String::from("the first went on")
    },
    outcomes: &["the first went on"],
};

/// Two wait, and the first will never run again; one is notified beside its end.
pub(crate) const ENDED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let (dead, _) = house.queued();
        let (_living, note) = house.queued();
        let its = house.clone();
        let other = spawn(move || its.notify_one());
        let outcome = match house.waiters.withdraw(&dead) {
            Withdrawn::Queued(_) => "it had none",
            Withdrawn::WasWoken(ticket) if ticket.is_alone => {
                house.notify_one();
                "it passes it on"
            }
            Withdrawn::WasWoken(_) | Withdrawn::Already => "of all, or gone before",
        };
        note.sleep();
        other.join();
        String::from(outcome)
    },
    outcomes: &["it had none", "it passes it on"],
};

/// The time of the first is up while one is notified; another waits.
pub(crate) const TIMED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let (claim, note) = (Claim::new(), Arc::new(Note::new()));
        let mut timed = Waiter::claimed(Ticket::NONE, note.clone(), &claim, 0);
        // SAFETY: the node stays here until it was woken or withdrawn.
        unsafe { house.waiters.queue(&mut timed) };
        let (living, next) = house.queued();
        let its = house.clone();
        let other = spawn(move || its.notify_one());
        let is_up = claim.try_claim(TIME);
        if is_up {
            let _ = house.waiters.withdraw(&timed);
            next.sleep();
        } else {
            note.sleep();
            assert!(matches!(house.waiters.withdraw(&living), Withdrawn::Queued(_)));
        }
        other.join();
        format!("its time was up: {is_up}")
    },
    outcomes: &["its time was up: false", "its time was up: true"],
};
