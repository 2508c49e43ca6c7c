//! Scenarios of `proto/gstatus`: a goroutine parks on one thread, another readies it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32 as Ghost, Ordering::SeqCst};

use super::{Scenario, spawn};
use crate::facade::{
    AtomicU32, Cell,
    Ordering::{AcqRel, Relaxed, Release},
    fence_light,
};
use crate::proto::gstatus::{GStatus, Parked, Readied};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { gstatus:
            a_readier_finds_the_stack_as_it_was_left = READIED, loom All, shuttle depth_first;
            an_early_wakeup_brings_its_data = READIED, loom All, shuttle depth_first;
            of_two_wakers_one_ends_the_wait = TWO_WAKERS, loom All, shuttle depth_first;
            a_peeker_finds_a_stack_whole_or_nothing = PEEKED, loom All, shuttle depth_first;
            a_peeker_finds_a_new_stack_whole = BORN, loom All, shuttle depth_first;
        }
    };
}
pub(crate) use suite;

/// A goroutine.
struct G {
    status: GStatus,
    /// Where it left off: its owner's.
    stack: Cell<u32>,
    /// What the readier brings: its, then the goroutine's.
    mail: Cell<u32>,
    /// Where wakers without a lock find it: 1 while it waits, or is about to. RMW-only.
    waiter: AtomicU32,
    /// How often it was resumed.
    resumed: Ghost,
}

// SAFETY: `status` says who owns the cells; that it does is what the scenarios check.
unsafe impl Sync for G {}
// SAFETY: as above.
unsafe impl Send for G {}

impl G {
    /// A goroutine that runs.
    fn running() -> Arc<Self> {
        let g = Self {
            status: GStatus::dead(),
            stack: Cell::new(0),
            mail: Cell::new(0),
            waiter: AtomicU32::new(0),
            resumed: Ghost::new(0),
        };
        g.status.spawned();
        g.status.run();
        Arc::new(g)
    }

    /// The rest of its life, on whichever thread resumed it: returns what it has read.
    fn resume(&self) -> u32 {
        self.status.run();
        self.resumed.fetch_add(1, SeqCst);
        // SAFETY: the caller took it from a queue, so the goroutine is its own.
        assert_eq!(self.stack.with(|stack| unsafe { *stack }), 1, "resumed from an old stack");
        // SAFETY: as above.
        self.stack.with_mut(|stack| unsafe { *stack = 2 });
        // SAFETY: one readier wrote before it readied, and is done.
        let mail = self.mail.with(|mail| unsafe { *mail });
        self.status.exited();
        mail
    }

    /// Leaves the stack, and then commits (`schedule::run`); true if it is to be resumed here.
    // MIRRORS schedule::run 852f91e2
    fn park(&self) -> bool {
        // SAFETY: it runs on this thread.
        self.stack.with_mut(|stack| unsafe { *stack = 1 });
        match self.status.commit_park() {
            Parked::Waiting => false,
            Parked::ReadiedFirst => {
                self.status.yielded();
                true
            }
        }
    }

    /// Writes and readies; what is won is resumed at once.
    fn ready(&self, mail: u32) -> Option<u32> {
        // SAFETY: the goroutine reads only after it was readied, which happens once.
        self.mail.with_mut(|to| unsafe { *to = mail });
        (self.status.ready() == Readied::Won).then(|| self.resume())
    }
}

/// A readier comes before or after the commit.
pub(crate) const READIED: Scenario = Scenario {
    threads: 2,
    run: || {
        let g = G::running();
        let parker = spawn({
            let g = g.clone();
            move || {
                if g.park() {
                    assert_eq!(g.resume(), 7, "the early wake-up came without its data");
                }
            }
        });
        let resumed = g.ready(7);
        parker.join();
        assert_eq!(g.resumed.load(SeqCst), 1, "I1: each park is ended once");
        match resumed {
            Some(mail) => format!("resumed by the readier, mail={mail}"),
            None => "went on by itself".into(),
        }
    },
    outcomes: &["resumed by the readier, mail=7", "went on by itself"],
};

/// The goroutine tells two wakers where it is while it runs, and parks: one of them finds it.
pub(crate) const TWO_WAKERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let g = G::running();
        // Release: what the goroutine did comes before it can be found.
        g.waiter.swap(1, Release);
        let wakers = [1, 2].map(|mail| {
            let g = g.clone();
            spawn(move || {
                if g.waiter.swap(0, AcqRel) == 1 {
                    g.ready(mail);
                }
            })
        });
        if g.park() {
            g.resume();
        }
        wakers.into_iter().for_each(super::JoinHandle::join);
        assert_eq!(g.waiter.load(Relaxed), 0);
        assert_eq!(g.resumed.load(SeqCst), 1, "I1: each park is ended once");
        // SAFETY: all threads have ended.
        let mail = g.mail.with(|mail| unsafe { *mail });
        format!("woken by {mail}")
    },
    outcomes: &["woken by 1", "woken by 2"],
};

/// A goroutine whose stack somebody reads who does not own it: two words, equal while it is suspended.
struct Peeked {
    status: GStatus,
    stack: [AtomicU32; 2],
}

impl Peeked {
    fn new() -> Arc<Self> {
        Arc::new(Self { status: GStatus::dead(), stack: [0, 0].map(AtomicU32::new) })
    }

    fn write(&self, value: u32) {
        // Relaxed: what the goroutine does, and never asks who looks.
        self.stack.iter().for_each(|word| word.store(value, Relaxed));
    }

    /// One run, from a queue to where it leaves its stack. The switch is a fence for the compiler, and
    /// `fence_against_switch` makes it a light fence.
    // MIRRORS schedule::execute 77a95a77
    fn run(&self, value: u32) {
        self.status.run();
        fence_light();
        self.write(value);
        fence_light();
    }

    /// Looks once.
    fn peek(&self) -> String {
        // Relaxed: it is read while it may be written, as a copy of a stack is.
        let copied = self.status.peek_at(|| [0, 1].map(|i| self.stack[i].load(Relaxed)));
        match copied {
            Some([a, b]) => {
                assert_eq!(a, b, "a torn copy was taken for whole");
                format!("stack of run {a}")
            }
            None => "it runs".into(),
        }
    }
}

/// A goroutine that waits is readied, runs, and yields, while somebody looks.
pub(crate) const PEEKED: Scenario = Scenario {
    threads: 2,
    run: || {
        let g = Peeked::new();
        g.status.spawned();
        g.run(1);
        assert_eq!(g.status.commit_park(), Parked::Waiting);
        let runner = spawn({
            let g = g.clone();
            move || {
                assert_eq!(g.status.ready(), Readied::Won);
                g.run(2);
                g.status.yielded();
            }
        });
        let seen = g.peek();
        runner.join();
        seen
    },
    outcomes: &["it runs", "stack of run 1", "stack of run 2"],
};

/// A goroutine is born while somebody looks.
pub(crate) const BORN: Scenario = Scenario {
    threads: 2,
    run: || {
        let g = Peeked::new();
        let maker = spawn({
            let g = g.clone();
            move || {
                g.write(1);
                g.status.spawned();
            }
        });
        let seen = g.peek();
        maker.join();
        seen
    },
    outcomes: &["it runs", "stack of run 1"],
};
