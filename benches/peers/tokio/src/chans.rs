//! One channel and those who crowd around it (`BenchmarkChan...` of Go's chan_test.go).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use flume::{Receiver, Sender, bounded};
use harness::work::compute;
use harness::{BURST, CALLS, POPULAR, WORK, procs, shares};
use tokio::select;
use tokio::sync::mpsc;
use tokio::task::spawn;

use crate::join_all;

pub(crate) async fn contended(n: u64) -> Duration {
    let (tx, rx) = bounded((BURST * procs()) as usize);
    let start = Instant::now();
    let workers = shares(n, procs()).map(|bursts| {
        let (tx, rx) = (tx.clone(), rx.clone());
        spawn(async move {
            let mut sum = 0;
            for _ in 0..bursts {
                sum += burst(&tx, &rx).await;
            }
            sum
        })
    });
    let sums = join_all(workers.collect()).await;
    assert_eq!(sums.iter().sum::<u64>(), n * (BURST * (BURST - 1) / 2));
    start.elapsed()
}

async fn burst(tx: &Sender<u64>, rx: &Receiver<u64>) -> u64 {
    for i in 0..BURST {
        tx.send_async(i).await.expect("the channel has two ends");
    }
    let mut sum = 0;
    for _ in 0..BURST {
        sum += rx.recv_async().await.expect("the channel has two ends");
    }
    sum
}

/// Two tasks that take turns in who sends first: the next number that is left decides. A channel for each
/// direction, because two tasks on one of flume's of zero stop for ever (zesterer/flume#140).
pub(crate) async fn sync_work(n: u64) -> Duration {
    let ((to_second, from_first), (to_first, from_second)) = (mpsc::channel(1), mpsc::channel(1));
    let left = Arc::new(AtomicI64::new(2 * n as i64));
    let start = Instant::now();
    let first = spawn(play(to_second, from_second, left.clone()));
    let second = spawn(play(to_first, from_first, left));
    let got = join_all(vec![first, second]).await;
    assert_eq!(got.iter().sum::<u64>(), 2 * n * CALLS);
    start.elapsed()
}

async fn play(to: mpsc::Sender<u64>, mut from: mpsc::Receiver<u64>, left: Arc<AtomicI64>) -> u64 {
    let mut got = 0;
    while let Some(turn) = next(&left) {
        for step in 0..2 * CALLS {
            if (step % 2 == 0) == (turn % 2 == 0) {
                got += from.recv().await.expect("the other sends");
            } else {
                to.send(1).await.expect("the other receives");
            }
            compute(WORK);
        }
    }
    got
}

/// The last of the numbers that nobody has taken yet.
fn next(left: &AtomicI64) -> Option<i64> {
    let last = left.fetch_sub(1, Relaxed) - 1;
    (last >= 0).then_some(last)
}

pub(crate) async fn prod_cons(n: u64, capacity: usize) -> Duration {
    let (tx, rx) = bounded(capacity);
    let left = Arc::new(AtomicI64::new(n as i64));
    let start = Instant::now();
    let consumers = (0..procs()).map(|_| {
        spawn(produce(tx.clone(), left.clone()));
        spawn(consume(rx.clone()))
    });
    let got = join_all(consumers.collect()).await;
    assert_eq!(got.iter().sum::<u64>(), n * CALLS);
    start.elapsed()
}

/// Ends with a zero, which ends one consumer.
async fn produce(tx: Sender<u64>, left: Arc<AtomicI64>) {
    while next(&left).is_some() {
        for _ in 0..CALLS {
            tx.send_async(1).await.expect("the consumers listen");
        }
    }
    tx.send_async(0).await.expect("a consumer listens");
}

async fn consume(rx: Receiver<u64>) -> u64 {
    let mut got = 0;
    loop {
        match rx.recv_async().await.expect("each producer sends a zero") {
            0 => return got,
            item => got += item,
        }
    }
}

pub(crate) async fn popular(n: u64) -> Duration {
    let (_silent, common) = bounded(0);
    let start = Instant::now();
    let (own, tasks): (Vec<_>, Vec<_>) = (0..POPULAR)
        .map(|_| {
            let (own, mine) = mpsc::channel(1);
            (own, spawn(receive_either(n, common.clone(), mine)))
        })
        .unzip();
    for _ in 0..n {
        for own in &own {
            own.send(1).await.expect("its task listens");
        }
    }
    assert_eq!(join_all(tasks).await.iter().sum::<u64>(), n * POPULAR);
    start.elapsed()
}

async fn receive_either(n: u64, common: Receiver<()>, mut mine: mpsc::Receiver<u64>) -> u64 {
    let mut got = 0;
    for _ in 0..n {
        select! {
            _ = common.recv_async() => panic!("nobody sends to all"),
            one = mine.recv() => got += one.expect("the driver sends"),
        }
    }
    got
}
