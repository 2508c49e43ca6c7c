//! `proto/globrunq` under shuttle.

use std::sync::Arc;

use super::{depth_first, depth_first_cut, pct, random};
use crate::cells::{globrunq, runq::G, spawn};
use crate::proto::globrunq::GlobRunq;

#[test]
fn a_batch_stays_together() {
    depth_first(&globrunq::BATCH);
}

#[test]
fn a_getter_sees_the_whole_goroutine_or_none() {
    depth_first(&globrunq::GET);
}

#[test]
fn nothing_is_lost_between_two_putters_and_a_getter() {
    depth_first_cut(&globrunq::TWO_PUTTERS, 1_000, 100_000);
}

#[test]
fn two_shares_do_not_overlap() {
    depth_first(&globrunq::SHARE);
}

#[test]
fn a_look_sees_the_put_or_is_seen_by_the_putter() {
    depth_first(&globrunq::LAST_LOOK);
}

#[test]
fn a_put_beside_a_get_is_not_forgotten() {
    depth_first(&globrunq::PUT_BESIDE_GET);
}

const THREADS: usize = 4;
const EACH: usize = 20;

/// Each thread puts its goroutines and runs what it takes.
fn every_goroutine_runs_once() {
    let shared = Arc::new((GlobRunq::new(), G::some(THREADS * EACH)));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let shared = shared.clone();
            spawn(move || {
                let (globrunq, gs) = &*shared;
                for g in &gs[thread * EACH..][..EACH] {
                    globrunq.put(g.write());
                    G::run_all(globrunq.get_batch(THREADS, 3));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join();
    }
    while let Some(g) = shared.0.get() {
        G::run(g);
    }
    G::assert_all_ran(&shared.1);
}

#[test]
fn four_processors_run_every_goroutine_once() {
    const NAME: &str = "globrunq::four_processors_run_every_goroutine_once";
    random(NAME, 2000, every_goroutine_runs_once);
    pct(NAME, 3, 2000, every_goroutine_runs_once);
}
