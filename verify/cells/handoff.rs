//! Scenarios of `proto/handoff`.
//!
//! What is handed over is a [`Proc`]: whoever owns it counts in its cell, so two owners at once are
//! a race, which loom reports. One that is never handed over is a deadlock.

use std::sync::Arc;

use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::facade::Cell;
use crate::proto::handoff::Handoff;
use crate::proto::lock::Lock;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { handoff:
            the_taker_owns_what_it_is_given = TAKER_OWNS, loom All, shuttle depth_first;
            a_taker_that_is_idle_again_is_given_again =
                TAKEN_AGAIN, loom Preemptions(4), shuttle cut(1_000, 100_000);
            two_givers_never_meet = TWO_GIVERS, loom Preemptions(2), shuttle cut(1_000, 100_000);
        }
    };
}
pub(crate) use suite;

/// A processor; the handle is not copied, so it has one owner.
pub(crate) struct Proc(Arc<Runs>);

/// How often it was run.
struct Runs(Cell<u32>);

// SAFETY: the owner of the `Proc` alone touches the cell; that there is one is what is checked.
unsafe impl Sync for Runs {}

impl Proc {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Runs(Cell::new(0))))
    }

    /// Runs once; returns how often it has run now.
    pub(crate) fn run(&self) -> u32 {
        self.0.0.with_mut(|runs| {
            // SAFETY: (exclusive) we own the processor.
            let runs = unsafe { &mut *runs };
            *runs += 1;
            *runs
        })
    }
}

/// What the lock protects, as in `proto/idle`.
struct Lists {
    /// Whether the taker is idle.
    taker: bool,
    procs: Vec<Proc>,
}

struct World {
    lists: Lock<Lists>,
    handoff: Handoff<Proc>,
}

impl World {
    fn new(taker: bool) -> Arc<Self> {
        let lists = Lock::new(Rank::Idle, Lists { taker, procs: Vec::new() });
        Arc::new(Self { lists, handoff: Handoff::new() })
    }

    /// The giver's side: runs its processor and gives it to the taker, if it is idle, or leaves it
    /// in the list.
    fn give(&self, p: Proc) {
        p.run();
        let mut lists = self.lists.lock();
        if core::mem::take(&mut lists.taker) {
            drop(lists);
            self.handoff.give(p);
        } else {
            lists.procs.push(p);
        }
    }

    /// The taker's side: a processor from the list, or one that it is given.
    fn take(&self, how: &mut String) -> Proc {
        let mut lists = self.lists.lock();
        if let Some(p) = lists.procs.pop() {
            how.push_str("found ");
            return p;
        }
        lists.taker = true;
        drop(lists);
        how.push_str("given ");
        self.handoff.take()
    }
}

/// One giver, one taker that waits already: nothing but the hand-over.
pub(crate) const TAKER_OWNS: Scenario = Scenario {
    threads: 2,
    run: || {
        let handoff = Arc::new(Handoff::new());
        let giver = spawn({
            let handoff = handoff.clone();
            move || {
                let p = Proc::new();
                p.run();
                handoff.give(p);
            }
        });
        let p = handoff.take();
        let runs = p.run();
        giver.join();
        format!("runs={runs}")
    },
    outcomes: &["runs=2"],
};

/// One giver gives two processors, one after the other; the taker goes back to the list between.
pub(crate) const TAKEN_AGAIN: Scenario = Scenario {
    threads: 2,
    run: || {
        let world = World::new(false);
        let giver = spawn({
            let world = world.clone();
            move || {
                world.give(Proc::new());
                world.give(Proc::new());
            }
        });
        let mut how = String::new();
        for _ in 0..2 {
            assert_eq!(world.take(&mut how).run(), 2, "the giver ran it once, and we did");
        }
        giver.join();
        how
    },
    outcomes: &["found found ", "found given ", "given found ", "given given "],
};

/// Two givers with a processor each, and a taker that waits already and takes both.
pub(crate) const TWO_GIVERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let world = World::new(true);
        let givers = [(); 2].map(|()| {
            let world = world.clone();
            spawn(move || world.give(Proc::new()))
        });
        let mut how = String::new();
        assert_eq!(world.handoff.take().run(), 2, "the giver ran it once, and we did");
        assert_eq!(world.take(&mut how).run(), 2, "the giver ran it once, and we did");
        for giver in givers {
            giver.join();
        }
        how
    },
    outcomes: &["found ", "given "],
};

/// Four givers with three processors each, one taker: for shuttle, which can do with more.
pub(crate) fn many_givers() {
    let world = World::new(false);
    let givers = [(); 4].map(|()| {
        let world = world.clone();
        spawn(move || {
            for _ in 0..3 {
                world.give(Proc::new());
            }
        })
    });
    for _ in 0..12 {
        assert_eq!(world.take(&mut String::new()).run(), 2, "its giver ran it once, and we did");
    }
    for giver in givers {
        giver.join();
    }
    let lists = world.lists.lock();
    assert!(lists.procs.is_empty() && !lists.taker, "nothing is left over");
}
