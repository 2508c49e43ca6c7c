//! Values that go from one task to the next: round a ring of actors, down a pipeline.

use std::time::{Duration, Instant};

use harness::{ACTORS, STAGE_CAPACITY, STAGES};

use crate::rt::{Receiver, Sender, bounded, go};

/// The `thread-ring` of the Computer Language Benchmarks Game: the token says how often it is still
/// passed on, and who holds it at the end says who it is.
pub(crate) fn actor_ring(n: u64) -> Duration {
    let (answer, last) = bounded(1);
    let start = Instant::now();
    let (first, mut mine) = bounded(1);
    for actor in 1..ACTORS {
        let (next, theirs) = bounded(1);
        let (mailbox, answer) = (std::mem::replace(&mut mine, theirs), answer.clone());
        go(move || act(actor - 1, &mailbox, &next, &answer));
    }
    first.send(n).expect("its actor listens");
    go(move || act(ACTORS - 1, &mine, &first, &answer));
    assert_eq!(last.recv(), Ok(n % ACTORS));
    start.elapsed()
}

/// Ends when its mailbox is disconnected, and so does then the next.
fn act(id: u64, mailbox: &Receiver<u64>, next: &Sender<u64>, answer: &Sender<u64>) {
    for left in mailbox {
        if left == 0 {
            return answer.send(id).expect("the driver listens");
        }
        next.send(left - 1).expect("the next listens");
    }
}

pub(crate) fn pipeline(n: u64) -> Duration {
    let start = Instant::now();
    let (source, mut items) = bounded(STAGE_CAPACITY);
    go(move || (0..n).try_for_each(|item| source.send(item)));
    for _ in 0..STAGES {
        let (tx, rx) = bounded(STAGE_CAPACITY);
        let before = std::mem::replace(&mut items, rx);
        go(move || before.iter().try_for_each(|item| tx.send(item + 1)));
    }
    assert_eq!(items.iter().sum::<u64>(), n * (n - 1) / 2 + n * STAGES);
    start.elapsed()
}
