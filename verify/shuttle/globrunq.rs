//! `proto/globrunq` under shuttle.

use std::sync::Arc;

use super::{pct, random};
use crate::cells::{runq::G, spawn};
use crate::proto::globrunq::GlobRunq;

crate::cells::globrunq::suite!();

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
