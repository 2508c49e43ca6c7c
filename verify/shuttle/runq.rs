//! `proto/runq` under shuttle.

use core::ptr::NonNull;
use std::sync::Arc;

use super::{depth_first, depth_first_cut, pct, random};
use crate::cells::{runq, runq::G, spawn};
use crate::proto::globrunq::GlobRunq;
use crate::proto::runq::{Next, Runq};

#[test]
fn a_thief_reads_the_slot_it_claimed() {
    depth_first(&runq::PUBLISH);
}

#[test]
fn a_stolen_next_is_whole() {
    depth_first(&runq::STOLEN_NEXT);
}

#[test]
fn a_thief_takes_the_next_one_last() {
    depth_first(&runq::NEXT_LAST);
}

#[test]
fn a_slot_is_reused_only_after_it_was_copied() {
    depth_first(&runq::REUSE);
}

#[test]
fn a_full_ring_spills_what_no_thief_has_taken() {
    depth_first(&runq::SPILL);
}

#[test]
fn two_thieves_share_without_overlap() {
    depth_first(&runq::TWO_THIEVES);
}

#[test]
fn a_second_thief_reads_what_the_first_stole() {
    depth_first_cut(&runq::SECOND_THIEF, 1_000, 100_000);
}

#[test]
fn a_queue_that_holds_one_is_never_seen_empty() {
    depth_first(&runq::NEVER_SEEN_EMPTY);
}

#[test]
fn a_look_that_misses_a_put_is_seen_by_the_putter() {
    depth_first(&runq::LAST_LOOK);
}

#[test]
fn a_look_sees_the_ring_or_is_seen_by_the_putter() {
    depth_first(&runq::LAST_LOOK_AT_RING);
}

#[test]
fn two_thieves_and_the_owner_share_without_overlap() {
    depth_first_cut(&runq::OWNER_AND_TWO_THIEVES, 1_000, 100_000);
}

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
