//! Tasks that each start the next (Go's `BenchmarkCreateGoroutines`).

use std::time::{Duration, Instant};

use harness::{procs, shares};

use crate::rt::{Sender, bounded, go};

pub(crate) fn create_goroutines(n: u64) -> Duration {
    chains(n, 1)
}

pub(crate) fn create_parallel(n: u64) -> Duration {
    chains(n, procs())
}

fn chains(n: u64, count: u64) -> Duration {
    let (ended, lengths) = bounded(0);
    let start = Instant::now();
    for length in shares(n, count) {
        let ended = ended.clone();
        go(move || chain(0, length, ended));
    }
    drop(ended);
    assert_eq!(lengths.iter().sum::<u64>(), n);
    start.elapsed()
}

fn chain(made: u64, length: u64, ended: Sender<u64>) {
    if made == length {
        ended.send(made).expect("the driver waits");
    } else {
        go(move || chain(made + 1, length, ended));
    }
}
