//! Scenarios of `proto/template`: askers, the end, and the template thread. A wake-up that is missed
//! is a deadlock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::onestep::OneStep;
use super::{Scenario, spawn};
use crate::facade::Cell;
use crate::proto::lock::{Exclude, Lock};
use crate::proto::template::{Requests, Template};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { template:
            a_second_request_is_served_like_the_first =
                ASKED_TWICE, loom Preemptions(6), shuttle cut(1_000, 50_000);
            what_was_asked_before_the_end_is_served =
                ASKED_LAST, loom Preemptions(6), shuttle cut(1_000, 50_000);
            the_end_wakes_the_template_thread = CLOSED_EMPTY, loom All, shuttle cut(1_000, 50_000);
            #[ignore = "long: ./check all"]
            two_askers_are_both_served =
                TWO_ASKERS, loom Preemptions(4), shuttle cut(1_000, 50_000);
            a_request_at_the_end_is_served_or_given_back =
                ASKED_AT_THE_END, loom Preemptions(4), shuttle cut(1_000, 50_000);
        }
    };
}
pub(crate) use suite;

/// What is asked; whoever has it may touch its cell.
struct Request(Arc<Asked>);

struct Asked(Cell<u32>);

// SAFETY: the asker touches the cell before it asks, the template thread when it serves.
unsafe impl Sync for Asked {}

impl Request {
    fn new(number: u32) -> Self {
        Self(Arc::new(Asked(Cell::new(number))))
    }

    /// Adds to the number that the last owner left.
    fn add(&self, n: u32) -> u32 {
        self.0.0.with_mut(|number| {
            // SAFETY: (exclusive) we have the request.
            let number = unsafe { &mut *number };
            *number += n;
            *number
        })
    }
}

/// Under a lock that is taken in one step: the real one has its own suite.
struct Office<L = OneStep<Requests<Request>>> {
    template: Template<Request, L>,
    /// How many requests were accepted.
    accepted: Ghost,
}

impl Office {
    fn stepwise() -> Arc<Self> {
        Self::new()
    }
}

impl<L: Exclude<Requests<Request>> + Send + Sync + 'static> Office<L> {
    fn new() -> Arc<Self> {
        Arc::new(Self { template: Template::new(), accepted: Ghost::new(0) })
    }

    /// An asker's side: false if it has its request back.
    fn ask(&self, number: u32) -> bool {
        let request = Request::new(number);
        request.add(1);
        match self.template.ask(request) {
            Ok(()) => {
                self.accepted.fetch_add(1, SeqCst);
                true
            }
            Err(request) => {
                assert_eq!(request.add(1), number + 2, "nobody else had it");
                false
            }
        }
    }

    /// The template thread's side: the next batch, as the askers numbered them.
    fn serve(&self) -> Option<String> {
        let batch = self.template.serve()?;
        assert!(!batch.is_empty(), "woken for nothing");
        Some(batch.iter().map(|request| request.add(1) - 2).map(|n| n.to_string()).collect())
    }

    /// Serves to the end.
    fn serve_all(&self) -> String {
        let served = core::iter::from_fn(|| self.serve()).collect::<Vec<_>>().join(" ");
        let requests = served.chars().filter(|c| *c != ' ').count();
        assert!(self.template.serve().is_none(), "the end is the end");
        format!("served {served:?} of {requests}")
    }
}

/// One asks twice.
pub(crate) const ASKED_TWICE: Scenario = Scenario {
    threads: 2,
    run: || {
        let office = Office::stepwise();
        let asker = spawn({
            let office = office.clone();
            move || assert!(office.ask(1) && office.ask(2), "nobody closes")
        });
        let mut served = String::new();
        while !served.contains('2') {
            served.push_str(&office.serve().expect("nobody closes"));
            served.push(' ');
        }
        asker.join();
        served
    },
    outcomes: &["1 2 ", "12 "],
};

/// One asks and ends it all.
pub(crate) const ASKED_LAST: Scenario = Scenario {
    threads: 2,
    run: || {
        let office = Office::stepwise();
        let asker = spawn({
            let office = office.clone();
            move || {
                assert!(office.ask(1), "nobody has closed yet");
                office.template.close();
                assert!(!office.ask(2), "we have closed");
            }
        });
        let served = office.serve_all();
        asker.join();
        served
    },
    outcomes: &["served \"1\" of 1"],
};

/// The end comes while the template thread waits, or before.
pub(crate) const CLOSED_EMPTY: Scenario = Scenario {
    threads: 2,
    run: || {
        let office = Office::stepwise();
        let closer = spawn({
            let office = office.clone();
            move || office.template.close()
        });
        let served = office.serve_all();
        closer.join();
        served
    },
    outcomes: &["served \"\" of 0"],
};

/// Two ask at once.
pub(crate) const TWO_ASKERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let office = Office::stepwise();
        let askers = [1, 2].map(|number| {
            let office = office.clone();
            spawn(move || assert!(office.ask(number), "nobody closes"))
        });
        let mut served = String::new();
        while !(served.contains('1') && served.contains('2')) {
            served.push_str(&office.serve().expect("nobody closes"));
            served.push(' ');
        }
        askers.into_iter().for_each(super::JoinHandle::join);
        served
    },
    outcomes: &["1 2 ", "12 ", "2 1 ", "21 "],
};

/// One asks while another ends it.
pub(crate) const ASKED_AT_THE_END: Scenario = Scenario {
    threads: 3,
    run: || {
        let office = Office::stepwise();
        let asker = spawn({
            let office = office.clone();
            move || _ = office.ask(1)
        });
        let closer = spawn({
            let office = office.clone();
            move || office.template.close()
        });
        let served = office.serve_all();
        asker.join();
        closer.join();
        format!("{served}, accepted {}", office.accepted.load(SeqCst))
    },
    outcomes: &["served \"\" of 0, accepted 0", "served \"1\" of 1, accepted 1"],
};

/// Four askers with three requests each, and an end somewhere.
pub(crate) fn a_crowd() {
    let office = Office::<Lock<Requests<Request>>>::new();
    let askers = [(); 4].map(|()| {
        let office = office.clone();
        spawn(move || {
            let accepted = (0..3).map(|_| office.ask(1)).collect::<Vec<_>>();
            assert!(accepted.is_sorted_by_key(|accepted| !accepted), "accepted after the end");
        })
    });
    let closer = spawn({
        let office = office.clone();
        move || office.template.close()
    });
    let served = office.serve_all();
    askers.into_iter().for_each(super::JoinHandle::join);
    closer.join();
    let accepted = office.accepted.load(SeqCst);
    assert!(served.ends_with(&format!("of {accepted}")), "{served}, accepted {accepted}");
}
