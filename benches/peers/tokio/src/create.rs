//! Tasks that each start the next (Go's `BenchmarkCreateGoroutines`).

use std::time::{Duration, Instant};

use harness::shares;
use tokio::sync::mpsc;
use tokio::task::spawn;

pub(crate) async fn chains(n: u64, count: u64) -> Duration {
    let (ended, mut lengths) = mpsc::channel(1);
    let start = Instant::now();
    for length in shares(n, count) {
        spawn(chain(0, length, ended.clone()));
    }
    drop(ended);
    let mut made = 0;
    while let Some(length) = lengths.recv().await {
        made += length;
    }
    assert_eq!(made, n);
    start.elapsed()
}

/// Not an `async fn`: the explicit `Send` lets it spawn itself.
fn chain(made: u64, length: u64, ended: mpsc::Sender<u64>) -> impl Future<Output = ()> + Send {
    async move {
        if made == length {
            ended.send(made).await.expect("the driver waits");
        } else {
            spawn(chain(made + 1, length, ended));
        }
    }
}
