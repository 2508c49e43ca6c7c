//! A semaphore under load (`BenchmarkSemaSynt...` of Go's sync).

use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::go;
use gosched::sync::Semaphore;
use harness::{procs, shares};

use crate::join_all;

/// Each worker gives and takes, and gives one more at its end: `takers` is how many of those somebody
/// else takes meanwhile.
pub(crate) fn sema(n: u64, takers: u64) -> Duration {
    let permits = Arc::new(Semaphore::new(0));
    let theirs = permits.clone();
    let taker = go(move || (0..takers).for_each(|_| theirs.acquire().forget()));
    let start = Instant::now();
    let workers = shares(n, procs()).map(|mine| {
        let permits = permits.clone();
        go(move || {
            for _ in 0..mine {
                permits.add_permits(1);
                permits.acquire().forget();
            }
            permits.add_permits(1);
        })
    });
    join_all(workers.collect());
    let elapsed = start.elapsed();
    taker.join().expect("nobody panics");
    assert_eq!(permits.available_permits() as u64, procs() - takers);
    elapsed
}
