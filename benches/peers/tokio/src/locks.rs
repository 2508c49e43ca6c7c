//! One mutex, and work that makes spinning for it useless or useful; a semaphore under load (Go's
//! `BenchmarkMutexNoSpin`, `BenchmarkMutexSpin` and `BenchmarkSemaSynt...`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::work::touch;
use harness::{FEW_WORDS, MANY_WORDS, PARALLELISM, procs, shares};
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::{JoinHandle, spawn};

use crate::join_all;

pub(crate) async fn mutex_no_spin(n: u64) -> Duration {
    contend(n, PARALLELISM * procs(), |mine, count| {
        spawn(async move {
            let (tx, mut rx) = mpsc::channel(1);
            let mut words = vec![0; FEW_WORDS];
            let mut locked = 0;
            for i in 0..mine {
                if i % 4 == 0 {
                    *count.lock().await += 1;
                    locked += 1;
                } else {
                    touch(&mut words);
                    // A yield that does not go behind all others.
                    let tx = tx.clone();
                    spawn(async move { tx.send(()).await });
                    rx.recv().await.expect("it is sent to");
                }
            }
            locked
        })
    })
    .await
}

pub(crate) async fn mutex_spin(n: u64) -> Duration {
    contend(n, procs(), |mine, count| {
        spawn(async move {
            let mut words = vec![0; MANY_WORDS];
            for _ in 0..mine {
                *count.lock().await += 1;
                touch(&mut words);
            }
            mine
        })
    })
    .await
}

/// Spawns so many workers, each with its share of `n`; one returns how often it had the mutex.
async fn contend(
    n: u64,
    workers: u64,
    spawn_worker: fn(u64, Arc<Mutex<u64>>) -> JoinHandle<u64>,
) -> Duration {
    let count = Arc::new(Mutex::new(0));
    let start = Instant::now();
    let workers = shares(n, workers).map(|mine| spawn_worker(mine, count.clone()));
    let locked = join_all(workers.collect()).await;
    assert_eq!(*count.lock().await, locked.iter().sum::<u64>());
    start.elapsed()
}

/// Each worker gives and takes, and gives one more at its end: `takers` is how many of those somebody
/// else takes meanwhile.
pub(crate) async fn sema(n: u64, takers: u64) -> Duration {
    let permits = Arc::new(Semaphore::new(0));
    let taker = spawn(take(takers, permits.clone()));
    let start = Instant::now();
    let workers = shares(n, procs()).map(|mine| {
        let permits = permits.clone();
        spawn(async move {
            for _ in 0..mine {
                permits.add_permits(1);
                permits.acquire().await.expect("it is open").forget();
            }
            permits.add_permits(1);
        })
    });
    join_all(workers.collect()).await;
    let elapsed = start.elapsed();
    taker.await.expect("nobody panics");
    assert_eq!(permits.available_permits() as u64, procs() - takers);
    elapsed
}

async fn take(takers: u64, permits: Arc<Semaphore>) {
    for _ in 0..takers {
        permits.acquire().await.expect("it is open").forget();
    }
}
