//! Scenarios of `proto/safepoint`, with `proto/stop` and `proto/powner`, by which owners hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::{Scenario, spawn};
use crate::facade::{Cell, spin_hint};
use crate::proto::powner::{Lease, Left, Take};
use crate::proto::safepoint::{Function, SafePoint};
use crate::proto::stop::{Stop, Wanted};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { safepoint:
            the_function_runs_once_for_each_processor =
                ONCE, loom Preemptions(4), shuttle cut(200, 20_000);
            it_runs_for_a_processor_on_its_way_to_a_thread =
                IN_TRANSIT, loom Preemptions(4), shuttle cut(200, 20_000);
            a_second_function_is_not_taken_for_the_first =
                TWICE, loom Preemptions(3), shuttle cut(200, 20_000);
        }
    };
}
pub(crate) use suite;

/// A processor, and the thread that has it or is about to.
struct House {
    stop: Stop,
    lease: Lease,
    due: SafePoint,
    function: Function<u32>,
    /// What only the owner touches.
    p: Cell<u32>,
    /// By whom it was run: the thread, the requester.
    runs: [Ghost; 2],
}

// SAFETY: whoever touches the processor owns it; that it does is what the scenarios check.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

impl House {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            stop: Stop::new(),
            lease: Lease::new(),
            due: SafePoint::new(),
            function: Function::none(),
            p: Cell::new(0),
            runs: [Ghost::new(0), Ghost::new(0)],
        })
    }

    fn touch(&self) {
        // SAFETY: the caller owns the processor.
        self.p.with_mut(|data| unsafe { *data += 1 });
    }

    /// The owner runs the function if it is due.
    fn answer(&self, who: usize) {
        if self.stop.wanted() == Wanted::Point && self.due.claim() {
            assert_eq!(self.function.get(), 7);
            self.touch();
            self.runs[who].fetch_add(1, SeqCst);
            self.stop.arrive();
        }
    }

    fn acquire(&self) {
        self.lease.acquire(0);
        if self.stop.acquired() != Wanted::Nothing {
            self.lease.want(0);
        }
        self.touch();
    }

    fn leave(&self) {
        if let Left::GaveUp(_) = self.lease.leave() {
            self.touch();
            self.answer(0);
        }
    }

    fn run_once(&self) {
        self.function.set(Some(7));
        self.stop.begin(Wanted::Point, 1, || self.due.request());
        if self.lease.take(0) == Take::Taken {
            self.touch();
            self.answer(1);
        }
        self.stop.wait();
        self.stop.end();
        self.function.set(None);
    }

    fn report(&self) -> String {
        match self.runs.each_ref().map(|runs| runs.load(SeqCst)) {
            [1, 0] => String::from("the owner ran it"),
            [0, 1] => String::from("the requester ran it"),
            runs => panic!("ran {runs:?} times"),
        }
    }
}

/// A thread has the processor, in the runtime, and leaves it for good.
pub(crate) const ONCE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        house.acquire();
        let thread = spawn({
            let house = house.clone();
            move || {
                // On g0: it looks for what it was asked.
                if house.lease.is_wanted() {
                    house.lease.answer(0);
                    house.answer(0);
                }
                house.leave();
            }
        });
        house.run_once();
        thread.join();
        house.report()
    },
    outcomes: &["the owner ran it", "the requester ran it"],
};

/// Two functions, one after the other, and an owner who looks whether something is wanted without
/// having been asked: what it saw may be the first request, and what is due the second.
pub(crate) const TWICE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let owner = spawn({
            let house = house.clone();
            move || {
                let mut ran = 0;
                while ran != 2 {
                    if house.stop.wanted() == Wanted::Point && house.due.claim() {
                        assert_eq!(house.function.get(), 7 + ran);
                        house.touch();
                        ran += 1;
                        house.stop.arrive();
                    } else {
                        spin_hint(); // progress: the next request
                    }
                }
            }
        });
        for f in [7, 8] {
            house.function.set(Some(f));
            house.stop.begin(Wanted::Point, 1, || house.due.request());
            house.stop.wait();
            house.stop.end();
            house.function.set(None);
        }
        owner.join();
        String::from("each ran once")
    },
    outcomes: &["each ran once"],
};

/// The processor is on its way to the thread.
pub(crate) const IN_TRANSIT: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let thread = spawn({
            let house = house.clone();
            move || {
                house.acquire();
                house.leave();
            }
        });
        house.run_once();
        thread.join();
        house.report()
    },
    outcomes: &["the owner ran it", "the requester ran it"],
};
