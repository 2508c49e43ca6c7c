//! Several who select between the same channels (`BenchmarkSelect...Contended` of Go's chan_test.go).

use std::time::{Duration, Instant};

use flume::{Receiver, Sender, bounded};
use harness::{procs, shares};
use tokio::select;
use tokio::task::spawn;

use crate::join_all;

type Channel = (Sender<u64>, Receiver<u64>);

pub(crate) async fn sync(n: u64) -> Duration {
    let channels: [Channel; 3] = std::array::from_fn(|_| bounded(0));
    let (done, ended) = bounded(0);
    let start = Instant::now();
    let workers = shares(n, procs()).map(|mine| {
        let channels = channels.clone();
        let ended = ended.clone();
        spawn(async move {
            let (senders, receivers): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
            spawn(send_any(senders, ended));
            let mut got = 0;
            for _ in 0..mine {
                got += receive_any(&receivers).await;
            }
            got
        })
    });
    let got = join_all(workers.collect()).await;
    assert_eq!(got.iter().sum::<u64>(), n);
    drop(done);
    start.elapsed()
}

/// Until all is over: either `ended` is disconnected, or so is what it sends to.
async fn send_any(to: Vec<Sender<u64>>, ended: Receiver<()>) {
    let mut sent = Ok(());
    while sent.is_ok() {
        sent = select! {
            sent = to[0].send_async(1) => sent,
            sent = to[1].send_async(1) => sent,
            sent = to[2].send_async(1) => sent,
            _ = ended.recv_async() => return,
        };
    }
}

async fn receive_any(from: &[Receiver<u64>]) -> u64 {
    let one = select! {
        one = from[0].recv_async() => one,
        one = from[1].recv_async() => one,
        one = from[2].recv_async() => one,
    };
    one.expect("somebody sends")
}

pub(crate) async fn buffered(n: u64) -> Duration {
    let channels: [Channel; 2] = std::array::from_fn(|_| bounded(procs() as usize));
    let start = Instant::now();
    let workers = shares(n, procs()).map(|mine| {
        let channels = channels.clone();
        spawn(async move {
            channels[0].0.send_async(1).await.expect("there is room");
            let mut got = 0;
            for _ in 0..mine {
                got += pass_on(&channels).await;
            }
            got
        })
    });
    let got = join_all(workers.collect()).await;
    assert_eq!(got.iter().sum::<u64>(), n);
    start.elapsed()
}

/// Receives from one of the two, and sends to the other.
async fn pass_on([first, second]: &[Channel; 2]) -> u64 {
    let (one, to) = select! {
        one = first.1.recv_async() => (one.expect("one is there"), &second.0),
        one = second.1.recv_async() => (one.expect("one is there"), &first.0),
    };
    to.send_async(one).await.expect("there is room");
    one
}
