//! Several threads that sleep for real, over the real lock: for shuttle alone.

use core::ptr::NonNull;
use std::sync::{Arc, Mutex as Ghost};

use super::house::{Orders, Thread, unclaim};
use super::queues::{Count, Queues};
use crate::cells::{JoinHandle, spawn};
use crate::proto::idle::{Dropped, Idle, Parked, Spinning, Submitted};

/// Several threads that sleep for real, over the real lock.
struct Town {
    idle: Idle<Thread>,
    queue: Count,
    letters: Vec<Thread>,
    ran: Ghost<u32>,
}

impl Town {
    const PROCS: u32 = 3;
    const THREADS: usize = 4;
    const SUBMITTERS: u32 = 2;
    /// Goroutines of each submitter; each of them starts another.
    const EACH: u32 = 3;
    const ALL: u32 = 2 * Self::SUBMITTERS * Self::EACH;

    fn submit(&self) {
        self.queue.put();
        self.wakep();
    }

    // MIRRORS start::wakep d5675f6d
    // MIRRORS start::wakep_slow acae237f
    // MIRRORS start::startm 60acd228
    fn wakep(&self) {
        if self.idle.submitted() == Submitted::Wake
            && let Some(claim) = self.idle.claim()
            && let Some(m) = claim.m.or_else(|| unclaim(&self.idle, claim.p))
        {
            // SAFETY: the letter boxes live as long as the town.
            unsafe { m.as_ref() }.give(Some((claim.p, Spinning::Yes)));
        }
    }

    /// The body of a thread, which ends when it is sent home.
    // MIRRORS park::stopm b1d7242c
    // MIRRORS park::obey de126d37
    fn thread(&self, own: &Thread) {
        let mut orders = None;
        loop {
            while let Some((p, spinning)) = orders {
                orders = self.find_and_run(p, spinning);
            }
            orders = match self.idle.put_m(NonNull::from(own)) {
                Parked::Idle => own.take(),
                Parked::LookAgain(p) => Some((p, Spinning::Yes)),
                Parked::GoHome => return,
            };
            if orders.is_none() {
                return;
            }
        }
    }

    /// One round with a processor.
    // MIRRORS find::find_runnable 47696ebf
    // MIRRORS find::last_look 562889c9
    // MIRRORS start::reset_spinning 6fb5a581
    fn find_and_run(&self, p: u32, spinning: Spinning) -> Orders {
        if self.queue.take(p) {
            if spinning == Spinning::Yes {
                self.idle.found_work();
                self.wakep();
            }
            self.run();
            return Some((p, Spinning::No));
        }
        if spinning == Spinning::No && self.idle.start_spinning(Self::PROCS) == Spinning::Yes {
            return Some((p, Spinning::Yes));
        }
        if self.idle.drop_p(p, || false) == Dropped::LookAgain {
            return Some((p, Spinning::Yes));
        }
        if spinning == Spinning::No {
            return None;
        }
        self.idle.stop_spinning();
        if !self.queue.has_work() {
            return None;
        }
        self.idle.take_p(Spinning::Yes).map(|p| (p, Spinning::Yes))
    }

    /// A goroutine: the first ones start others, the last one ends all.
    fn run(&self) {
        let ran = {
            let mut ran = self.ran.lock().unwrap();
            *ran += 1;
            *ran
        };
        if ran <= Self::ALL / 2 {
            self.submit();
        }
        if ran == Self::ALL {
            for m in self.idle.close() {
                // SAFETY: the letter boxes live as long as the town.
                unsafe { m.as_ref() }.give(None);
            }
        }
    }
}

/// Four threads, three processors, two submitters; goroutines that start others. No thread can be
/// made, so that wake-ups fail too. Lost work is a deadlock.
pub(crate) fn town() {
    let town = Arc::new(Town {
        idle: Idle::new(Town::PROCS),
        queue: Count::new(),
        letters: (0..Town::THREADS).map(|_| Thread::new()).collect(),
        ran: Ghost::default(),
    });
    let mut threads: Vec<_> = (0..Town::THREADS)
        .map(|i| {
            let town = town.clone();
            spawn(move || town.thread(&town.letters[i]))
        })
        .collect();
    threads.extend((0..Town::SUBMITTERS).map(|_| {
        let town = town.clone();
        spawn(move || (0..Town::EACH).for_each(|_| town.submit()))
    }));
    threads.into_iter().for_each(JoinHandle::join);
    assert_eq!(*town.ran.lock().unwrap(), Town::ALL);
    assert_eq!(town.idle.quiescent(Town::PROCS), Some(0), "I2, I3, I4");
}
