//! A scheduler, reduced to what the dance needs: the threads' ways between the steps of the protocol.

use core::ptr::NonNull;
use std::sync::{Arc, Mutex as Ghost};

use super::queues::{Count, Queues};
use crate::cells::onestep::OneStep;
use crate::facade::Cell;
use crate::proto::handoff::Handoff;
use crate::proto::idle::{Dropped, Idle, Lists, Spinning, Submitted, Unclaimed};
use crate::proto::lock::Exclude;

/// A processor given to a thread.
pub(crate) type Orders = Option<(u32, Spinning)>;
pub(crate) type Thread = Handoff<Orders>;
pub(crate) type Lock = OneStep<Lists<Thread>>;

/// When a spinner that found work stops spinning and wakes another.
#[derive(PartialEq, Eq)]
pub(crate) enum Found {
    AtOnce,
    /// It is slow: after all else (so the others have fewer steps to be explored against).
    Late,
}

/// A scheduler, reduced to what the dance needs.
pub(crate) struct House<Q> {
    pub(crate) idle: Idle<Thread, Lock>,
    pub(crate) queues: Q,
    /// What only a processor's owner touches: who gets it must see all that was done.
    procs: Vec<Cell<u32>>,
    /// Of the one thread that sleeps for real.
    pub(crate) letters: Thread,
    /// Processors that run a goroutine to the end.
    pub(crate) held: Ghost<Vec<u32>>,
    /// When a spinner that found work says so.
    found: Found,
    /// Spinners that will.
    late: Ghost<u32>,
    /// Who found goroutines, in the order of finding.
    pub(crate) found_by: Ghost<Vec<&'static str>>,
}

// SAFETY: whoever touches a processor owns it; that it does is what the scenarios check.
unsafe impl<Q: Sync> Sync for House<Q> {}
// SAFETY: as above.
unsafe impl<Q: Send> Send for House<Q> {}

impl<Q: Queues> House<Q> {
    pub(crate) fn new(procs: u32, queues: Q, found: Found) -> Arc<Self> {
        Arc::new(Self {
            idle: Idle::new(procs),
            queues,
            procs: (0..procs).map(|_| Cell::new(0)).collect(),
            letters: Thread::new(),
            held: Ghost::default(),
            found,
            late: Ghost::default(),
            found_by: Ghost::default(),
        })
    }

    pub(crate) fn procs(&self) -> u32 {
        u32::try_from(self.procs.len()).expect("few")
    }

    /// Takes a processor before the others begin.
    pub(crate) fn boot(&self, spinning: Spinning) -> u32 {
        match self.idle.take_p(Spinning::No).expect("idle at first") {
            p if spinning == Spinning::No => p,
            p => {
                assert_eq!(self.idle.start_spinning(self.procs()), Spinning::Yes);
                p
            }
        }
    }

    /// A goroutine that runs from the beginning to the end.
    pub(crate) fn boot_running(&self) -> u32 {
        let p = self.boot(Spinning::No);
        self.held.lock().unwrap().push(p);
        p
    }

    pub(crate) fn touch(&self, p: u32) {
        // SAFETY: the caller owns the processor.
        self.procs[p as usize].with_mut(|data| unsafe { *data += 1 });
    }

    /// `wakep` and `startm`: the thread that is started is played by the caller, next.
    // MIRRORS start::wakep d5675f6d
    // MIRRORS start::wakep_slow acae237f
    // MIRRORS start::startm 60acd228
    pub(crate) fn wakep(&self) {
        if self.idle.submitted() == Submitted::Wake
            && let Some(claim) = self.idle.claim()
        {
            self.worker("new", claim.p, Spinning::Yes);
        }
    }

    /// `find_runnable`: returns when it has run a goroutine or may park.
    // MIRRORS find::find_runnable 47696ebf
    // MIRRORS take::steal_as_spinner 8722cc4b
    pub(crate) fn worker(&self, name: &'static str, p: u32, spinning: Spinning) {
        let mut now = Some((p, spinning));
        while let Some((p, spinning)) = now {
            self.touch(p);
            if self.queues.take(p) {
                return self.run(name, p, spinning);
            }
            now = match spinning {
                Spinning::No => match self.idle.start_spinning(self.procs()) {
                    Spinning::Yes => Some((p, Spinning::Yes)),
                    Spinning::No => self.last_look(p, Spinning::No),
                },
                Spinning::Yes => self.last_look(p, Spinning::Yes),
            };
        }
    }

    /// A thread that has found nothing, from its giving up on.
    pub(crate) fn quit(&self, name: &'static str, p: u32, spinning: Spinning) {
        if let Some((p, spinning)) = self.last_look(p, spinning) {
            self.worker(name, p, spinning);
        }
    }

    pub(crate) fn run(&self, name: &'static str, p: u32, spinning: Spinning) {
        self.found_by.lock().unwrap().push(name);
        self.held.lock().unwrap().push(p);
        if spinning == Spinning::Yes && self.found == Found::AtOnce {
            self.reset_spinning();
        } else if spinning == Spinning::Yes {
            *self.late.lock().unwrap() += 1;
        }
    }

    // MIRRORS start::reset_spinning 6fb5a581
    pub(crate) fn reset_spinning(&self) {
        self.idle.found_work();
        self.wakep();
    }

    /// Gives the processor up; a spinner then looks once more.
    // MIRRORS find::last_look 562889c9
    pub(crate) fn last_look(&self, p: u32, spinning: Spinning) -> Orders {
        self.touch(p);
        if self.idle.drop_p(p, || false) == Dropped::LookAgain {
            return Some((p, Spinning::Yes));
        }
        if spinning == Spinning::No {
            return None;
        }
        self.idle.stop_spinning();
        if !self.queues.has_work() {
            return None;
        }
        self.idle.take_p(Spinning::Yes).map(|p| (p, Spinning::Yes))
    }

    /// All but the late is quiet. Then checks I1, then has the held processors given up and checks I2, I3 and I4.
    pub(crate) fn end(&self) -> String {
        loop {
            let late = std::mem::take(&mut *self.late.lock().unwrap());
            (0..late).for_each(|_| self.reset_spinning());
            if late == 0 {
                break;
            }
        }
        let (work, idle) = (self.queues.has_work(), self.idle.procs_idle());
        assert!(!work || idle == 0, "I1: a goroutine is queued and {idle} processors are idle");
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        for &p in &held {
            self.touch(p);
            if self.idle.drop_p(p, || false) == Dropped::LookAgain {
                assert_eq!(self.idle.drop_p(p, || false), Dropped::Idle, "I4");
                self.idle.stop_spinning();
            }
        }
        assert!(self.idle.quiescent(self.procs()).is_some(), "I2, I4: all gave up, none spins");
        let listed = std::iter::from_fn(|| self.idle.take_p(Spinning::No)).count();
        assert_eq!(listed, self.procs.len(), "I3");
        let found_by = std::mem::take(&mut *self.found_by.lock().unwrap());
        format!("found by {}", found_by.join(", "))
    }
}

impl House<Count> {
    /// A thread without a processor queues a goroutine (`go` and `ready`).
    pub(crate) fn submit(&self) {
        self.queues.put();
        self.wakep();
    }
}

/// Gives a claimed processor back, or names the thread to hand it to.
// MIRRORS refused::unclaim 0eb688f3
pub(crate) fn unclaim<M, L: Exclude<Lists<M>>>(idle: &Idle<M, L>, p: u32) -> Option<NonNull<M>> {
    match idle.unclaim(p, Spinning::Yes, || false) {
        Unclaimed::HandTo(m) => Some(m),
        Unclaimed::Idle(_) | Unclaimed::Asked => None,
    }
}
