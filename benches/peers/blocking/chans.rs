//! One channel and those who crowd around it (`BenchmarkChan...` of Go's chan_test.go).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::work::compute;
use harness::{BURST, CALLS, POPULAR, WORK, procs, shares};

use crate::join_all;
use crate::rt::{Receiver, Sender, bounded, go, select};

pub(crate) fn contended(n: u64) -> Duration {
    let (tx, rx) = bounded((BURST * procs()) as usize);
    let start = Instant::now();
    let workers = shares(n, procs()).map(|bursts| {
        let (tx, rx) = (tx.clone(), rx.clone());
        go(move || (0..bursts).map(|_| burst(&tx, &rx)).sum::<u64>())
    });
    let sums = join_all(workers.collect());
    assert_eq!(sums.iter().sum::<u64>(), n * (BURST * (BURST - 1) / 2));
    start.elapsed()
}

fn burst(tx: &Sender<u64>, rx: &Receiver<u64>) -> u64 {
    for i in 0..BURST {
        tx.send(i).expect("the channel has two ends");
    }
    (0..BURST).map(|_| rx.recv().expect("the channel has two ends")).sum()
}

/// Two tasks that take turns in who sends first: the next number that is left decides.
pub(crate) fn sync_work(n: u64) -> Duration {
    let (tx, rx) = bounded(0);
    let left = Arc::new(AtomicI64::new(2 * n as i64));
    let start = Instant::now();
    let player = || {
        let (tx, rx, left) = (tx.clone(), rx.clone(), left.clone());
        go(move || {
            let mut got = 0;
            while let Some(turn) = next(&left) {
                got += take_turns(turn % 2 == 0, &tx, &rx);
            }
            got
        })
    };
    let got = join_all(vec![player(), player()]);
    assert_eq!(got.iter().sum::<u64>(), 2 * n * CALLS);
    start.elapsed()
}

fn take_turns(receives_first: bool, tx: &Sender<u64>, rx: &Receiver<u64>) -> u64 {
    let mut got = 0;
    for step in 0..2 * CALLS {
        if (step % 2 == 0) == receives_first {
            got += rx.recv().expect("the other sends");
        } else {
            tx.send(1).expect("the other receives");
        }
        compute(WORK);
    }
    got
}

/// The last of the numbers that nobody has taken yet.
fn next(left: &AtomicI64) -> Option<i64> {
    let last = left.fetch_sub(1, Relaxed) - 1;
    (last >= 0).then_some(last)
}

pub(crate) fn prod_cons(n: u64, capacity: usize) -> Duration {
    let (tx, rx) = bounded(capacity);
    let left = Arc::new(AtomicI64::new(n as i64));
    let start = Instant::now();
    let consumers = (0..procs()).map(|_| {
        let (tx, rx, left) = (tx.clone(), rx.clone(), left.clone());
        go(move || produce(&tx, &left));
        go(move || consume(&rx))
    });
    let got = join_all(consumers.collect());
    assert_eq!(got.iter().sum::<u64>(), n * CALLS);
    start.elapsed()
}

/// Ends with a zero, which ends one consumer.
fn produce(tx: &Sender<u64>, left: &AtomicI64) {
    while next(left).is_some() {
        for _ in 0..CALLS {
            tx.send(1).expect("the consumers listen");
        }
    }
    tx.send(0).expect("a consumer listens");
}

fn consume(rx: &Receiver<u64>) -> u64 {
    rx.iter().take_while(|&item| item != 0).sum()
}

pub(crate) fn popular(n: u64) -> Duration {
    let (_silent, common) = bounded::<()>(0);
    let start = Instant::now();
    let (own, tasks): (Vec<_>, Vec<_>) = (0..POPULAR)
        .map(|_| {
            let (own, mine) = bounded(0);
            let common = common.clone();
            (own, go(move || receive_either(n, &common, &mine)))
        })
        .unzip();
    for _ in 0..n {
        for own in &own {
            own.send(1).expect("its task listens");
        }
    }
    assert_eq!(join_all(tasks).iter().sum::<u64>(), n * POPULAR);
    start.elapsed()
}

fn receive_either(n: u64, common: &Receiver<()>, mine: &Receiver<u64>) -> u64 {
    let mut got = 0;
    for _ in 0..n {
        select! {
            recv(common) -> _ => panic!("nobody sends to all"),
            recv(mine) -> one => got += one.expect("the driver sends"),
        }
    }
    got
}
