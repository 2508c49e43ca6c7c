//! Scenarios of `proto/once`: a function that runs once, and those who wait for that.

use std::sync::Arc;

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::facade::Cell;
use crate::facade::thread::JoinHandle;
use crate::proto::lock::Exclude;
use crate::proto::note::Note;
use crate::proto::once::{Callers, Found, Once, Poison};
use crate::proto::tickets::Ticket;
use crate::proto::waitq::{Waiter, Withdrawn};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { once:
            who_finds_it_complete_sees_what_it_did = LOOKS, loom All, shuttle cut(1_000, 20_000);
            of_two_who_call_one_runs_it = TWO_CALL, loom Preemptions(4), shuttle cut(1_000, 20_000);
            of_three_who_call_one_runs_it =
                THREE_CALL, loom Preemptions(3), shuttle cut(1_000, 50_000);
            one_that_only_waits_goes_on_when_it_has_run = WAITS, loom All, shuttle cut(1_000, 20_000);
            a_panic_is_told_to_one_that_waits = PANICS, loom Preemptions(4), shuttle cut(1_000, 20_000);
            after_a_panic_another_runs_it = RUNS_AFTER_A_PANIC, loom Preemptions(4), shuttle cut(1_000, 20_000);
            one_that_is_gone_is_in_nobodys_way = ENDED, loom All, shuttle cut(1_000, 20_000);
        }
    };
}
pub(crate) use suite;

/// A function, and what it writes.
struct House {
    once: Once<Arc<Note>, OneStep<Callers<Arc<Note>>>>,
    data: Cell<u32>,
}

// SAFETY: the data is written by the one that runs the function, and read after that; that it is so is what
//         the scenarios check.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

#[expect(clippy::needless_pass_by_value, reason = "the shape of a waker that is used once")]
fn wake(note: Arc<Note>) {
    note.wakeup();
}

/// Looks until it finds something else than a function that runs.
fn look(look: impl Fn(Option<&mut Waiter<Ticket, Arc<Note>>>) -> Found) -> Found {
    loop {
        let note = Arc::new(Note::new());
        let mut waiter = Waiter::new(Ticket::NONE, note.clone());
        let found = look(Some(&mut waiter));
        if found != Found::Busy {
            return found;
        }
        note.sleep();
    }
}

impl House {
    fn new() -> Arc<Self> {
        let callers = OneStep::new(Rank::Once, Callers::new());
        Arc::new(Self { once: Once::under(callers), data: Cell::new(0) })
    }

    fn write(&self) {
        // SAFETY: see `House`.
        self.data.with_mut(|n| unsafe { *n += 1 });
    }

    fn read(&self) -> u32 {
        // SAFETY: see `House`.
        self.data.with(|n| unsafe { *n })
    }

    /// Calls it, as `caller`; the function returns or panics.
    fn call(&self, caller: usize, poison: Poison, returns: bool) -> Found {
        // SAFETY: `look` keeps the node until it was woken.
        let found = look(|waiter| unsafe { self.once.begin(waiter, caller, poison) });
        if let Found::Runs { .. } = found {
            self.write();
            self.once.end(returns, wake);
        }
        found
    }

    fn wait(&self, poison: Poison) -> Found {
        // SAFETY: as above.
        look(|waiter| unsafe { self.once.wait(waiter, poison) })
    }
}

const RUNS: Found = Found::Runs { was_poisoned: false };

/// One runs it; another looks whether it has run.
pub(crate) const LOOKS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let its = house.clone();
        let other = spawn(move || assert_eq!(its.call(1, Poison::Matters, true), RUNS));
        let seen = house.once.is_complete().then(|| house.read());
        other.join();
        format!("{seen:?}")
    },
    outcomes: &["None", "Some(1)"],
};

/// Calls it beside others; says who ran it.
fn calls(others: usize) -> String {
    let house = House::new();
    let others: Vec<_> = (1..=others)
        .map(|caller| {
            let its = house.clone();
            spawn(move || {
                let _ = its.call(caller, Poison::Matters, true);
                assert_eq!(its.read(), 1);
            })
        })
        .collect();
    let found = house.call(9, Poison::Matters, true);
    assert_eq!(house.read(), 1, "it ran once, and is over");
    others.into_iter().for_each(JoinHandle::join);
    assert_eq!(house.call(9, Poison::Matters, true), Found::Complete);
    format!("{found:?}")
}

/// Two call it.
pub(crate) const TWO_CALL: Scenario = Scenario {
    threads: 2,
    run: || calls(1),
    outcomes: &["Complete", "Runs { was_poisoned: false }"],
};

/// Three call it.
pub(crate) const THREE_CALL: Scenario = Scenario {
    threads: 3,
    run: || calls(2),
    outcomes: &["Complete", "Runs { was_poisoned: false }"],
};

/// One waits, before or while another runs it.
pub(crate) const WAITS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let its = house.clone();
        let other = spawn(move || assert_eq!(its.call(1, Poison::Matters, true), RUNS));
        let found = house.wait(Poison::Matters);
        let seen = house.read();
        other.join();
        format!("{found:?}, and sees {seen}")
    },
    outcomes: &["Complete, and sees 1"],
};

/// One waits, while the function of another panics.
pub(crate) const PANICS: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let its = house.clone();
        let other = spawn(move || assert_eq!(its.call(1, Poison::Matters, false), RUNS));
        let found = house.wait(Poison::Matters);
        other.join();
        format!("{found:?}")
    },
    outcomes: &["Poisoned"],
};

/// Two call it, and the function of one panics; the other's runs then, or before. A third waits for either.
pub(crate) const RUNS_AFTER_A_PANIC: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let its = house.clone();
        let other = spawn(move || {
            let _ = its.call(1, Poison::Ignored, false);
            assert_eq!(its.wait(Poison::Ignored), Found::Complete);
        });
        let found = house.call(2, Poison::Ignored, true);
        other.join();
        format!("{found:?}, {} ran", house.read())
    },
    outcomes: &["Runs { was_poisoned: false }, 1 ran", "Runs { was_poisoned: true }, 2 ran"],
};

/// One that waits will never run again; another waits, and the function runs meanwhile.
pub(crate) const ENDED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let queued = || {
            let note = Arc::new(Note::new());
            let mut waiter = Box::new(Waiter::new(Ticket::NONE, note.clone()));
            // SAFETY: the box stays where it is until it was woken or withdrawn.
            let found = unsafe { house.once.wait(Some(&mut waiter), Poison::Ignored) };
            assert_eq!(found, Found::Busy);
            (waiter, note)
        };
        let ((dead, _), (_living, note)) = (queued(), queued());
        let its = house.clone();
        let other = spawn(move || assert_eq!(its.call(1, Poison::Matters, true), RUNS));
        let is_queued = matches!(house.once.withdraw(&dead), Withdrawn::Queued(_));
        note.sleep();
        other.join();
        format!("it was woken: {}", !is_queued)
    },
    outcomes: &["it was woken: false", "it was woken: true"],
};
