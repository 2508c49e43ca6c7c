//! How soon one runs whom another woke, beside somebody who computes or while both do (Go's
//! `BenchmarkPingPongHog` and `BenchmarkWakeupParallel`).

use std::time::{Duration, Instant};

use harness::{DELAYS_US, WAKE_DELAY};

use crate::rt::{TryRecvError, bounded, go};

pub(crate) fn ping_pong_hog(n: u64) -> Duration {
    let (stop, stopped) = bounded::<()>(0);
    let hog = go(move || while stopped.try_recv() == Err(TryRecvError::Empty) {});
    let (ping, pings) = bounded(0);
    let (pong, pongs) = bounded(0);
    go(move || {
        for ball in pings {
            pong.send(ball).expect("the player listens");
        }
    });
    let start = Instant::now();
    let player = go(move || {
        for i in 0..n {
            ping.send(i).expect("the echo listens");
            assert_eq!(pongs.recv(), Ok(i));
        }
    });
    player.join().expect("nobody panics");
    let elapsed = start.elapsed();
    drop(stop);
    hog.join().expect("nobody panics");
    elapsed
}

/// Two tasks wake each other `n` times for each delay; `pause` is what they do before they send and
/// before they receive. The sender's pause is longer, so that the receiver waits already.
pub(crate) fn wakeup(n: u64, pause: fn(Duration)) -> Duration {
    DELAYS_US.iter().map(|&us| wake_each_other(n, Duration::from_micros(us), pause)).sum()
}

fn wake_each_other(n: u64, delay: Duration, pause: fn(Duration)) -> Duration {
    let (begin, begun) = bounded(0);
    let (ping, pings) = bounded(0);
    let (pong, pongs) = bounded(0);
    let first = go(move || {
        begun.recv().expect("the driver begins");
        for i in 0..n {
            pause(delay + WAKE_DELAY);
            ping.send(i).expect("the other receives");
            pause(delay);
            assert_eq!(pongs.recv(), Ok(i));
        }
    });
    let second = go(move || {
        for i in 0..n {
            pause(delay);
            assert_eq!(pings.recv(), Ok(i));
            pause(delay + WAKE_DELAY);
            pong.send(i).expect("the other receives");
        }
    });
    let start = Instant::now();
    begin.send(()).expect("the first waits");
    first.join().expect("nobody panics");
    second.join().expect("nobody panics");
    start.elapsed()
}
