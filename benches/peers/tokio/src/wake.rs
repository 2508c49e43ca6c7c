//! How soon one runs whom another woke, beside somebody who computes or while both do (Go's
//! `BenchmarkPingPongHog` and `BenchmarkWakeupParallel`).

use std::time::{Duration, Instant};

use harness::{DELAYS_US, WAKE_DELAY};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{spawn, spawn_blocking};

/// A task that never waits would keep its worker for ever: the hog is one that may.
pub(crate) async fn ping_pong_hog(n: u64) -> Duration {
    let (stop, mut stopped) = mpsc::channel::<()>(1);
    let hog = spawn_blocking(move || while stopped.try_recv() == Err(TryRecvError::Empty) {});
    let (ping, mut pings) = mpsc::channel(1);
    let (pong, mut pongs) = mpsc::channel(1);
    spawn(async move {
        while let Some(ball) = pings.recv().await {
            pong.send(ball).await.expect("the player listens");
        }
    });
    let start = Instant::now();
    let player = spawn(async move {
        for i in 0..n {
            ping.send(i).await.expect("the echo listens");
            assert_eq!(pongs.recv().await, Some(i));
        }
    });
    player.await.expect("nobody panics");
    let elapsed = start.elapsed();
    drop(stop);
    hog.await.expect("nobody panics");
    elapsed
}

/// Two tasks wake each other `n` times for each delay; `pause` is what they do before they send and
/// before they receive. The sender's pause is longer, so that the receiver waits already.
pub(crate) async fn wakeup(n: u64, pause: fn(Duration)) -> Duration {
    let mut elapsed = Duration::ZERO;
    for us in DELAYS_US {
        elapsed += wake_each_other(n, Duration::from_micros(us), pause).await;
    }
    elapsed
}

async fn wake_each_other(n: u64, delay: Duration, pause: fn(Duration)) -> Duration {
    let (begin, begun) = oneshot::channel();
    let (ping, mut pings) = mpsc::channel(1);
    let (pong, mut pongs) = mpsc::channel(1);
    let first = spawn(async move {
        begun.await.expect("the driver begins");
        for i in 0..n {
            pause(delay + WAKE_DELAY);
            ping.send(i).await.expect("the other receives");
            pause(delay);
            assert_eq!(pongs.recv().await, Some(i));
        }
    });
    let second = spawn(async move {
        for i in 0..n {
            pause(delay);
            assert_eq!(pings.recv().await, Some(i));
            pause(delay + WAKE_DELAY);
            pong.send(i).await.expect("the other receives");
        }
    });
    let start = Instant::now();
    begin.send(()).expect("the first waits");
    first.await.expect("nobody panics");
    second.await.expect("nobody panics");
    start.elapsed()
}
