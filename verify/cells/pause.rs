//! Scenarios of `proto/pause`: things that would run, and one who lets them.

use core::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::{Scenario, spawn};
use crate::base::list::Linked;
use crate::facade::Cell;
use crate::proto::pause::Pause;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { pause:
            what_is_held_back_runs_when_the_pause_ends =
                ENDS, loom Preemptions(3), shuttle cut(200, 20_000);
            what_is_held_back_waits_for_the_last_pause =
                TWO_PAUSES, loom Preemptions(4), shuttle cut(200, 20_000);
        }
    };
}
pub(crate) use suite;

struct Thing {
    link: Cell<Option<NonNull<Thing>>>,
    runs: Ghost,
}

// SAFETY: the field of the thing.
unsafe impl Linked for Thing {
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
        // SAFETY: the things live as long as the house.
        let thing = unsafe { this.as_ref() };
        thing.link.with_mut(|link| NonNull::new(link).expect("a field has an address"))
    }
}

struct House {
    pause: Pause<Thing>,
    things: [Thing; 2],
}

// SAFETY: a thing is touched by who holds it.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

impl House {
    /// Runs a thing, or has it held back; whether it was run.
    fn run(&self, i: usize) -> bool {
        let thing = &self.things[i];
        let runs = !self.pause.is_on() || !self.pause.hold(NonNull::from(thing));
        if runs {
            thing.runs.fetch_add(1, SeqCst);
        }
        runs
    }

    /// Ends the pause; how many things were held, which run now.
    fn end(&self) -> usize {
        let mut held = self.pause.end();
        let n = held.len();
        while let Some(thing) = held.pop_front() {
            // SAFETY: the things live as long as the house.
            unsafe { thing.as_ref() }.runs.fetch_add(1, SeqCst);
        }
        n
    }
}

/// Two things that would run, by one thread each, while the pause ends.
pub(crate) const ENDS: Scenario = Scenario {
    threads: 3,
    run: || {
        let thing = || Thing { link: Cell::new(None), runs: Ghost::new(0) };
        let house = Arc::new(House { pause: Pause::new(), things: [thing(), thing()] });
        house.pause.begin();
        let other = spawn({
            let house = house.clone();
            move || {
                let _ = house.run(0);
            }
        });
        let ends = spawn({
            let house = house.clone();
            move || {
                let _ = house.end();
            }
        });
        let _ = house.run(1);
        other.join();
        ends.join();
        let runs = house.things.each_ref().map(|thing| thing.runs.load(SeqCst));
        assert_eq!(runs, [1, 1], "each runs once");
        String::from("both ran")
    },
    outcomes: &["both ran"],
};

/// Of two pauses the first to end lets nothing run.
pub(crate) const TWO_PAUSES: Scenario = Scenario {
    threads: 2,
    run: || {
        let thing = || Thing { link: Cell::new(None), runs: Ghost::new(0) };
        let house = Arc::new(House { pause: Pause::new(), things: [thing(), thing()] });
        house.pause.begin();
        house.pause.begin();
        assert!(!house.run(0));
        let ends = spawn({
            let house = house.clone();
            move || {
                let _ = house.end();
                let _ = house.end();
            }
        });
        let ran = house.run(1);
        ends.join();
        assert_eq!(house.things[0].runs.load(SeqCst), 1);
        assert_eq!(house.things[1].runs.load(SeqCst), 1);
        String::from(if ran { "ran" } else { "was held" })
    },
    outcomes: &["ran", "was held"],
};
