//! Several who select between the same channels (`BenchmarkSelect...Contended` of Go's chan_test.go).

use std::time::{Duration, Instant};

use harness::{procs, shares};

use crate::join_all;
use crate::rt::{Receiver, Sender, bounded, go, select};

pub(crate) fn sync(n: u64) -> Duration {
    let channels: [_; 3] = std::array::from_fn(|_| bounded(0));
    let (done, ended) = bounded(0);
    let start = Instant::now();
    let workers = shares(n, procs()).map(|mine| {
        let channels = channels.clone();
        let ended = ended.clone();
        go(move || {
            let (senders, receivers): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
            go(move || send_any(&senders, &ended));
            (0..mine).map(|_| receive_any(&receivers)).sum::<u64>()
        })
    });
    let got = join_all(workers.collect());
    assert_eq!(got.iter().sum::<u64>(), n);
    drop(done);
    start.elapsed()
}

/// Until all is over: either `ended` is disconnected, or so is what it sends to.
fn send_any(to: &[Sender<u64>], ended: &Receiver<()>) {
    let mut sent = Ok(());
    while sent.is_ok() {
        sent = select! {
            send(to[0], 1) -> sent => sent,
            send(to[1], 1) -> sent => sent,
            send(to[2], 1) -> sent => sent,
            recv(ended) -> _ => return,
        };
    }
}

fn receive_any(from: &[Receiver<u64>]) -> u64 {
    select! {
        recv(from[0]) -> one => one.expect("somebody sends"),
        recv(from[1]) -> one => one.expect("somebody sends"),
        recv(from[2]) -> one => one.expect("somebody sends"),
    }
}

pub(crate) fn buffered(n: u64) -> Duration {
    let channels: [_; 2] = std::array::from_fn(|_| bounded(procs() as usize));
    let start = Instant::now();
    let workers = shares(n, procs()).map(|mine| {
        let channels = channels.clone();
        go(move || {
            channels[0].0.send(1).expect("there is room");
            (0..mine).map(|_| pass_on(&channels)).sum::<u64>()
        })
    });
    let got = join_all(workers.collect());
    assert_eq!(got.iter().sum::<u64>(), n);
    start.elapsed()
}

/// Receives from one of the two, and sends to the other.
fn pass_on([first, second]: &[(Sender<u64>, Receiver<u64>); 2]) -> u64 {
    let (one, to) = select! {
        recv(first.1) -> one => (one.expect("one is there"), &second.0),
        recv(second.1) -> one => (one.expect("one is there"), &first.0),
    };
    to.send(one).expect("there is room");
    one
}
