//! One mutex, and work that makes spinning for it useless or useful (Go's `BenchmarkMutexNoSpin` and
//! `BenchmarkMutexSpin`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::work::touch;
use harness::{FEW_WORDS, MANY_WORDS, PARALLELISM, procs, shares};

use crate::join_all;
use crate::rt::{Mutex, bounded, go};

pub(crate) fn mutex_no_spin(n: u64) -> Duration {
    let worker = |mine: u64, count: &Mutex<u64>| {
        let (tx, rx) = bounded(0);
        let mut words = vec![0; FEW_WORDS];
        let mut locked = 0;
        for i in 0..mine {
            if i % 4 == 0 {
                *count.lock().expect("nobody panics") += 1;
                locked += 1;
            } else {
                touch(&mut words);
                // A yield that does not go behind all others.
                let tx = tx.clone();
                go(move || tx.send(()));
                rx.recv().expect("it is sent to");
            }
        }
        locked
    };
    contend(n, PARALLELISM * procs(), worker)
}

pub(crate) fn mutex_spin(n: u64) -> Duration {
    let worker = |mine: u64, count: &Mutex<u64>| {
        let mut words = vec![0; MANY_WORDS];
        for _ in 0..mine {
            *count.lock().expect("nobody panics") += 1;
            touch(&mut words);
        }
        mine
    };
    contend(n, procs(), worker)
}

/// Runs `worker` so many times, each with its share of `n`; it returns how often it had the mutex.
fn contend(n: u64, workers: u64, worker: fn(u64, &Mutex<u64>) -> u64) -> Duration {
    let count = Arc::new(Mutex::new(0));
    let start = Instant::now();
    let workers = shares(n, workers).map(|mine| {
        let count = count.clone();
        go(move || worker(mine, &count))
    });
    let locked = join_all(workers.collect());
    assert_eq!(*count.lock().expect("nobody panics"), locked.iter().sum::<u64>());
    start.elapsed()
}
