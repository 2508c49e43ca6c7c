//! Scenarios of `proto/lockedm`: a thread that is wired to a goroutine, givers that have found the
//! goroutine, and a closer.
//!
//! A giver is started by the thread, at the moment at which its goroutine could be readied: so the
//! giver comes before the thread stops, and after it. A processor with two owners is a race in its
//! cell; a hand-over that is lost is a deadlock.

use std::sync::Arc;

use super::handoff::Proc;
use super::{JoinHandle, Scenario, spawn};
use crate::proto::handoff::Handoff;
use crate::proto::lockedm::{Close, LockedM, Open};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { lockedm:
            a_processor_is_handed_over_before_the_stop_or_after_it =
                ONE_ROUND, loom All, shuttle depth_first;
            a_second_processor_is_handed_over_like_the_first =
                TWO_ROUNDS, loom Preemptions(4), shuttle cut(1_000, 100_000);
            the_box_is_empty_when_the_closer_fills_it =
                EMPTY_BOX, loom Preemptions(5), shuttle depth_first;
            a_closed_thread_goes_home_and_no_processor_is_lost =
                CLOSED, loom Preemptions(3), shuttle cut(1_000, 100_000);
        }
    };
}
pub(crate) use suite;

enum Orders {
    Run(Proc),
    GoHome,
}

/// The thread.
struct Wired {
    gate: LockedM,
    orders: Handoff<Orders>,
}

impl Wired {
    fn new() -> Arc<Self> {
        Arc::new(Self { gate: LockedM::new(), orders: Handoff::new() })
    }

    /// The thread: runs its goroutine once; false if it is sent home instead.
    fn runs(&self) -> bool {
        let orders = self.gate.stop(|| self.orders.take()).unwrap_or(Orders::GoHome);
        match orders {
            Orders::Run(p) => {
                assert_eq!(p.run(), 2, "the giver ran it once, and we did");
                true
            }
            Orders::GoHome => false,
        }
    }

    /// A giver that has the goroutine: false if it keeps its processor.
    fn give(&self) -> bool {
        let p = Proc::new();
        p.run();
        let open = self.gate.open();
        match open {
            Open::Give => self.orders.give(Orders::Run(p)),
            Open::Closed => assert_eq!(p.run(), 2, "nobody else ran it"),
        }
        open == Open::Give
    }

    fn close(&self) {
        if self.gate.close() == Close::Tell {
            self.orders.give(Orders::GoHome);
        }
    }
}

/// Lets another thread do something with the wired one.
fn also(wired: &Arc<Wired>, f: impl FnOnce(&Wired) + Send + 'static) -> JoinHandle {
    let wired = wired.clone();
    spawn(move || f(&wired))
}

/// So many rounds, each with a giver of its own.
fn rounds(n: u32) -> String {
    let wired = Wired::new();
    for _ in 0..n {
        let giver = also(&wired, |wired| assert!(wired.give(), "nobody closes"));
        assert!(wired.runs(), "nobody closes");
        giver.join();
    }
    format!("{n} rounds")
}

/// One giver, before or after the thread stops.
pub(crate) const ONE_ROUND: Scenario =
    Scenario { threads: 2, run: || rounds(1), outcomes: &["1 rounds"] };

/// The thread's gate and letter box are used again.
pub(crate) const TWO_ROUNDS: Scenario =
    Scenario { threads: 3, run: || rounds(2), outcomes: &["2 rounds"] };

/// The thread has been given a processor already, takes it, and stops again; the closer comes.
pub(crate) const EMPTY_BOX: Scenario = Scenario {
    threads: 2,
    run: || {
        let wired = Wired::new();
        let closer = also(&wired, Wired::close);
        let given = wired.give();
        let ran = wired.runs();
        let again = ran && wired.runs();
        closer.join();
        format!("given={given} ran={ran} again={again}")
    },
    outcomes: &["given=false ran=false again=false", "given=true ran=true again=false"],
};

/// A giver against the closer: the thread runs with what it is given, and goes home in any case.
pub(crate) const CLOSED: Scenario = Scenario {
    threads: 3,
    run: || {
        let wired = Wired::new();
        let closer = also(&wired, Wired::close);
        let given = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let giver = also(&wired, {
            let given = given.clone();
            move |wired| given.store(wired.give(), std::sync::atomic::Ordering::SeqCst)
        });
        let ran = wired.runs();
        assert!(!ran || !wired.runs(), "one giver");
        closer.join();
        giver.join();
        format!("given={given:?} ran={ran}")
    },
    outcomes: &["given=false ran=false", "given=true ran=true"],
};

/// Round after round until the closer comes.
pub(crate) fn many_rounds() {
    let wired = Wired::new();
    let closer = also(&wired, Wired::close);
    let mut runs = true;
    for _ in 0..8 {
        let giver = also(&wired, |wired| _ = wired.give());
        runs = runs && wired.runs();
        giver.join();
    }
    closer.join();
    assert!(!runs || !wired.runs(), "it was closed");
}
