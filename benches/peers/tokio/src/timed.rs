//! What waits for time, and what waits for several.

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::{HOUR, PERMITS, READERS, TASKS, sleep_of};
use tokio::sync::{RwLock, Semaphore};
use tokio::task::spawn;
use tokio::time::sleep;

use crate::timers::set;
use crate::{WaitGroup, join_all};

pub(crate) async fn sleeps(n: u64) -> Duration {
    let start = Instant::now();
    let all = Arc::new(WaitGroup::new(n));
    for i in 0..n {
        let all = all.clone();
        spawn(async move {
            sleep(sleep_of(i)).await;
            all.done();
        });
    }
    all.wait().await;
    start.elapsed()
}

pub(crate) async fn stopped(n: u64) -> Duration {
    let start = Instant::now();
    let mut timers = Vec::with_capacity(n as usize);
    for _ in 0..n {
        timers.push(set(HOUR).await);
    }
    drop(timers);
    start.elapsed()
}

pub(crate) async fn semaphore(n: u64) -> Duration {
    let permits = Arc::new(Semaphore::new(PERMITS as usize));
    let taker = |permits: Arc<Semaphore>| async move {
        for _ in 0..n {
            drop(permits.acquire().await.expect("it is open"));
        }
    };
    let start = Instant::now();
    join_all((0..TASKS).map(|_| spawn(taker(permits.clone()))).collect()).await;
    start.elapsed()
}

pub(crate) async fn rwlock(n: u64) -> Duration {
    let number = Arc::new(RwLock::new(0_u64));
    let start = Instant::now();
    let readers = (0..READERS).map(|_| {
        let number = number.clone();
        spawn(async move {
            for _ in 0..n {
                assert!(*number.read().await <= n);
            }
        })
    });
    let mut all: Vec<_> = readers.collect();
    let written = number.clone();
    all.push(spawn(async move {
        for _ in 0..n {
            *written.write().await += 1;
        }
    }));
    join_all(all).await;
    assert_eq!(*number.read().await, n);
    start.elapsed()
}

pub(crate) async fn sleepers(n: u64) -> Duration {
    let start = Instant::now();
    let arrived = Arc::new(WaitGroup::new(n));
    for _ in 0..n {
        let arrived = arrived.clone();
        spawn(async move {
            arrived.done();
            sleep(HOUR).await;
        });
    }
    arrived.wait().await;
    start.elapsed()
}
