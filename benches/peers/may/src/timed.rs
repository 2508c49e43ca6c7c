//! What waits for time, and what waits for several.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::{HOUR, PERMITS, READERS, SCOPED, TASKS, sleep_of};
use may::coroutine::sleep;
use may::go;
use may::sync::{Condvar, Mutex, RwLock, Semphore, WaitGroup};

use crate::join_all;

pub(crate) fn sleeps(n: u64) -> Duration {
    let start = Instant::now();
    let all = WaitGroup::new();
    for i in 0..n {
        let one = all.clone();
        go!(move || {
            sleep(sleep_of(i));
            drop(one);
        });
    }
    all.wait();
    start.elapsed()
}

pub(crate) fn condvar(n: u64) -> Duration {
    let shared = Arc::new((Mutex::new(0_u64), [Condvar::new(), Condvar::new()]));
    let player = |side: u64| {
        let shared = shared.clone();
        go!(move || {
            let (ball, turns) = &*shared;
            let mut at = ball.lock().expect("nobody panics");
            for _ in 0..n {
                while *at % 2 != side {
                    at = turns[side as usize].wait(at).expect("nobody panics");
                }
                *at += 1;
                turns[1 - side as usize].notify_one();
            }
        })
    };
    let start = Instant::now();
    join_all(vec![player(0), player(1)]);
    start.elapsed()
}

pub(crate) fn semaphore(n: u64) -> Duration {
    let permits = Arc::new(Semphore::new(PERMITS as usize));
    let taker = |permits: Arc<Semphore>| {
        go!(move || {
            for _ in 0..n {
                permits.wait();
                permits.post();
            }
        })
    };
    let start = Instant::now();
    join_all((0..TASKS).map(|_| taker(permits.clone())).collect());
    start.elapsed()
}

pub(crate) fn rwlock(n: u64) -> Duration {
    let number = Arc::new(RwLock::new(0_u64));
    let start = Instant::now();
    let readers = (0..READERS).map(|_| {
        let number = number.clone();
        go!(move || {
            for _ in 0..n {
                assert!(*number.read().expect("nobody panics") <= n);
            }
        })
    });
    let mut all: Vec<_> = readers.collect();
    let written = number.clone();
    all.push(go!(move || {
        for _ in 0..n {
            *written.write().expect("nobody panics") += 1;
        }
    }));
    join_all(all);
    assert_eq!(*number.read().expect("nobody panics"), n);
    start.elapsed()
}

pub(crate) fn scope(n: u64) -> Duration {
    let count = AtomicU64::new(0);
    let start = Instant::now();
    for _ in 0..n {
        may::coroutine::scope(|s| {
            for _ in 0..SCOPED {
                go!(s, || {
                    count.fetch_add(1, Relaxed);
                });
            }
        });
    }
    let elapsed = start.elapsed();
    assert_eq!(count.load(Relaxed), n * SCOPED);
    elapsed
}

pub(crate) fn sleepers(n: u64) -> Duration {
    let start = Instant::now();
    let arrived = WaitGroup::new();
    for _ in 0..n {
        let one = arrived.clone();
        go!(move || {
            drop(one);
            sleep(HOUR);
        });
    }
    arrived.wait();
    start.elapsed()
}
