//! Scenarios of `proto/stop`, with the leases of `proto/powner` that it asks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::facade::Cell;
use crate::proto::idle::{Dropped, Idle, Lists, Spinning, Unclaimed};
use crate::proto::powner::{Entered, Lease, Left, Take};
use crate::proto::stop::{Stop, Wanted};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { stop:
            a_thread_that_gets_a_processor_stops_or_is_found =
                IN_TRANSIT, loom Preemptions(4), shuttle cut(200, 20_000);
            the_requester_sees_what_every_owner_did =
                SEES, loom Preemptions(4), shuttle cut(200, 20_000);
            the_world_is_stopped_twice = TWICE, loom Preemptions(3), shuttle cut(200, 20_000);
            no_owner_is_missed = NONE_MISSED, loom All, shuttle cut(200, 20_000);
            a_processor_that_goes_idle_is_found_or_given_up =
                DROPPED, loom All, shuttle cut(200, 20_000);
            a_processor_without_a_thread_is_found_or_given_up =
                UNCLAIMED, loom All, shuttle cut(200, 20_000);
        }
    };
}
pub(crate) use suite;

/// Two processors: the first is a thread's, the second nobody's.
struct House {
    stop: Stop,
    lease: Lease,
    /// What only the owner of each touches.
    procs: [Cell<u32>; 2],
    /// How often the thread gave the first one up.
    given_up: Ghost,
}

// SAFETY: whoever touches a processor owns it; that it does is what the scenarios check.
unsafe impl Sync for House {}
// SAFETY: as above.
unsafe impl Send for House {}

impl House {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            stop: Stop::new(),
            lease: Lease::new(),
            procs: [Cell::new(0), Cell::new(0)],
            given_up: Ghost::new(0),
        })
    }

    fn touch(&self, p: u32) {
        // SAFETY: the caller owns the processor.
        self.procs[p as usize].with_mut(|data| unsafe { *data += 1 });
    }

    /// The thread gets the first processor.
    fn acquire(&self) {
        self.lease.acquire(0);
        if self.stop.acquired() != Wanted::Nothing {
            self.lease.want(0);
        }
        self.touch(0);
    }

    /// The thread goes into user code; answers if it was asked.
    fn leave(&self) {
        if let Left::GaveUp(p) = self.lease.leave() {
            self.touch(p);
            self.given_up.fetch_add(1, SeqCst);
            assert_eq!(self.stop.wanted(), Wanted::Stop, "nobody else asks");
            self.stop.arrive();
        }
    }

    /// Stops the thread, and `idle` processors more; true if it took the processor itself.
    fn stop_the_world(&self, idle: u32) -> bool {
        self.stop.begin(Wanted::Stop, 1 + idle, || ());
        let taken = self.lease.take(0) == Take::Taken;
        if taken {
            self.touch(0);
            self.stop.arrive();
        }
        if idle > 0 {
            self.touch(1);
            self.stop.arrive();
        }
        self.stop.wait();
        (0..=idle).for_each(|p| self.touch(p));
        taken
    }
}

fn told(taken: bool) -> String {
    String::from(if taken { "taken" } else { "given up" })
}

/// A processor is on its way to a thread while the world is stopped: the thread gives it up, though
/// it goes into user code and stays there.
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
        let taken = house.stop_the_world(0);
        house.stop.end();
        thread.join();
        told(taken)
    },
    outcomes: &["given up", "taken"],
};

/// As above, as far as the mark: it stands, whoever left it.
pub(crate) const NONE_MISSED: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let thread = spawn({
            let house = house.clone();
            move || house.acquire()
        });
        house.stop.begin(Wanted::Stop, 1, || ());
        let take = house.lease.take(0);
        thread.join();
        assert!(house.lease.is_wanted(), "the thread does not know");
        String::from(if take == Take::Asked { "found" } else { "not found" })
    },
    outcomes: &["found", "not found"],
};

/// Idle processors, under a lock that is taken in one step.
type IdleOnes = Idle<(), OneStep<Lists<()>>>;

/// Takes the idle processor, gives it back in some way while the world is stopped, and says who
/// answered for it.
fn back_to_the_idle(give: fn(&IdleOnes, &Stop) -> bool) -> String {
    let house = Arc::new((Idle::<(), OneStep<Lists<()>>>::new(1), House::new()));
    let Some(claim) = house.0.claim() else { unreachable!("nobody has it") };
    let owner = spawn({
        let house = house.clone();
        move || {
            house.1.touch(claim.p);
            if give(&house.0, &house.1.stop) {
                house.1.stop.arrive();
            }
        }
    });
    let (idle, house) = &*house;
    house.stop.begin(Wanted::Stop, 1, || ());
    let found = idle.drain();
    for &p in &found {
        house.touch(p);
        house.stop.arrive();
    }
    house.stop.wait();
    house.touch(0);
    owner.join();
    String::from(if found.is_empty() { "given up" } else { "found idle" })
}

/// A processor is about to be idle, as nobody has work for it, while the world is stopped.
pub(crate) const DROPPED: Scenario = Scenario {
    threads: 2,
    run: || {
        back_to_the_idle(|idle, stop| {
            idle.drop_p(0, || stop.wanted() == Wanted::Stop) == Dropped::Asked
        })
    },
    outcomes: &["found idle", "given up"],
};

/// As above, for want of a thread.
pub(crate) const UNCLAIMED: Scenario = Scenario {
    threads: 2,
    run: || {
        back_to_the_idle(|idle, stop| {
            let is_asked = || stop.wanted() == Wanted::Stop;
            idle.unclaim(0, Spinning::Yes, is_asked) == Unclaimed::Asked
        })
    },
    outcomes: &["found idle", "given up"],
};

/// The requester answers for an idle processor itself, and sees what the thread did with its own.
pub(crate) const SEES: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        house.acquire();
        let thread = spawn({
            let house = house.clone();
            move || house.leave()
        });
        let taken = house.stop_the_world(1);
        house.stop.end();
        thread.join();
        told(taken)
    },
    outcomes: &["given up", "taken"],
};

/// The world is stopped twice; in between the thread comes back and gets its processor again.
pub(crate) const TWICE: Scenario = Scenario {
    threads: 2,
    run: || {
        let house = House::new();
        let started = Arc::new(crate::proto::note::Note::new());
        house.acquire();
        let thread = spawn({
            let (house, started) = (house.clone(), started.clone());
            move || {
                house.leave();
                started.sleep();
                assert_eq!(house.lease.enter(), Entered::WithoutP);
                house.acquire();
                house.leave();
            }
        });
        let first = house.stop_the_world(0);
        house.stop.end();
        started.wakeup();
        let second = house.stop_the_world(0);
        house.stop.end();
        thread.join();
        let given_up = house.given_up.load(SeqCst);
        assert_eq!(given_up + u32::from(first) + u32::from(second), 2);
        format!("{}, {}", told(first), told(second))
    },
    outcomes: &["given up, given up", "given up, taken", "taken, given up", "taken, taken"],
};
