//! Values that go from one task to the next: round a ring of actors, down a pipeline.

use std::time::{Duration, Instant};

use harness::{ACTORS, STAGE_CAPACITY, STAGES};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn;

/// The `thread-ring` of the Computer Language Benchmarks Game: the token says how often it is still
/// passed on, and who holds it at the end says who it is.
pub(crate) async fn actor_ring(n: u64) -> Duration {
    let (answer, mut last) = channel(1);
    let start = Instant::now();
    let (first, mut mine) = channel(1);
    for actor in 1..ACTORS {
        let (next, theirs) = channel(1);
        let mailbox = std::mem::replace(&mut mine, theirs);
        spawn(act(actor - 1, mailbox, next, answer.clone()));
    }
    first.send(n).await.expect("its actor listens");
    spawn(act(ACTORS - 1, mine, first, answer));
    assert_eq!(last.recv().await, Some(n % ACTORS));
    start.elapsed()
}

/// Ends when its mailbox is closed, and so does then the next.
async fn act(id: u64, mut mailbox: Receiver<u64>, next: Sender<u64>, answer: Sender<u64>) {
    while let Some(left) = mailbox.recv().await {
        if left == 0 {
            return answer.send(id).await.expect("the driver listens");
        }
        next.send(left - 1).await.expect("the next listens");
    }
}

pub(crate) async fn pipeline(n: u64) -> Duration {
    let start = Instant::now();
    let (source, mut items) = channel(STAGE_CAPACITY);
    spawn(async move {
        for item in 0..n {
            source.send(item).await.expect("the first stage listens");
        }
    });
    for _ in 0..STAGES {
        let (tx, rx) = channel(STAGE_CAPACITY);
        let mut before = std::mem::replace(&mut items, rx);
        spawn(async move {
            while let Some(item) = before.recv().await {
                tx.send(item + 1).await.expect("the next stage listens");
            }
        });
    }
    let mut sum = 0;
    while let Some(item) = items.recv().await {
        sum += item;
    }
    assert_eq!(sum, n * (n - 1) / 2 + n * STAGES);
    start.elapsed()
}
