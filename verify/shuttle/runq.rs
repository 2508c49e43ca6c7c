//! `proto/runq` under shuttle.

use core::ptr::NonNull;
use std::sync::Arc;

use super::{pct, random};
use crate::cells::{runq::G, spawn};
use crate::proto::globrunq::GlobRunq;
use crate::proto::runq::{Next, Runq};

crate::cells::runq::suite!();

const QUEUES: usize = 4;
const EACH: usize = 50;
/// Small, so that rings spill and wrap all the time.
const CAP: usize = 8;

/// Four processors: each creates its goroutines, runs what it finds, and steals.
struct Machine {
    runqs: [Runq<G, CAP>; QUEUES],
    globrunq: GlobRunq<G>,
    gs: Vec<G>,
}

impl Machine {
    fn put(&self, p: usize, g: NonNull<G>, next: Next) {
        if let Some(spilled) = self.runqs[p].put(g, next) {
            self.globrunq.put_batch(spilled);
        }
    }

    fn find(&self, p: usize) -> Option<NonNull<G>> {
        self.runqs[p].get().map(|(g, _)| g).or_else(|| self.take_share(p)).or_else(|| {
            (1..QUEUES).find_map(|i| {
                let next = if i == 1 { Next::Yes } else { Next::No };
                self.runqs[(p + i) % QUEUES].grab(&self.runqs[p], next)
            })
        })
    }

    fn take_share(&self, p: usize) -> Option<NonNull<G>> {
        let mut batch = self.globrunq.get_batch(QUEUES, CAP / 2);
        let first = batch.pop_front()?;
        while let Some(g) = batch.pop_front() {
            self.put(p, g, Next::No);
        }
        Some(first)
    }

    /// Puts two for each that it runs, and at the end runs what it still finds.
    fn work(&self, p: usize) {
        for i in 0..EACH {
            let next = if i % 3 == 0 { Next::Yes } else { Next::No };
            self.put(p, self.gs[p * EACH + i].write(), next);
            if i % 2 == 0 {
                self.find(p).map(G::run);
            }
        }
        while let Some(g) = self.find(p) {
            G::run(g);
        }
    }
}

fn every_goroutine_runs_once() {
    let machine = Arc::new(Machine {
        runqs: core::array::from_fn(|_| Runq::counting_from(u32::MAX - 20)),
        globrunq: GlobRunq::new(),
        gs: G::some(QUEUES * EACH),
    });
    let threads: Vec<_> = (1..QUEUES)
        .map(|p| {
            let machine = machine.clone();
            spawn(move || machine.work(p))
        })
        .collect();
    machine.work(0);
    for thread in threads {
        thread.join();
    }
    for p in 0..QUEUES {
        while let Some(g) = machine.find(p) {
            G::run(g);
        }
    }
    G::assert_all_ran(&machine.gs);
}

#[test]
fn four_processors_run_every_goroutine_once() {
    const NAME: &str = "runq::four_processors_run_every_goroutine_once";
    random(NAME, 2000, every_goroutine_runs_once);
    pct(NAME, 3, 2000, every_goroutine_runs_once);
}
