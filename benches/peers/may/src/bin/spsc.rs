//! may: the workloads of a pair of tasks, over its fastest channel.
//!
//! A program of their own: where this channel is linked in, `yield_now` has two callers, is no longer
//! inlined, and `yield` takes half as long again.

use std::time::{Duration, Instant};

use harness::{Unsupported, Workload};
use may::go;
use may::sync::spsc;

fn main() {
    harness::main(|procs| {
        may::config().set_workers(procs);
        |workload, n| go!(move || driver(workload, n)).join().expect("no coroutine panics")
    })
}

fn driver(workload: Workload, n: u64) -> Result<Duration, Unsupported> {
    match workload {
        Workload::PingPong => Ok(ping_pong(n)),
        Workload::Chan1To1 => Ok(chan_1_1(n)),
        _ => Err("peer-may has it"),
    }
}

fn ping_pong(n: u64) -> Duration {
    let (ping, pings) = spsc::channel();
    let (pong, pongs) = spsc::channel();
    let start = Instant::now();
    let echo = go!(move || {
        for ball in pings {
            pong.send(ball).expect("the player listens");
        }
    });
    let player = go!(move || {
        for i in 0..n {
            ping.send(i).expect("the echo listens");
            assert_eq!(pongs.recv(), Ok(i));
        }
    });
    player.join().expect("no coroutine panics");
    echo.join().expect("no coroutine panics");
    start.elapsed()
}

fn chan_1_1(n: u64) -> Duration {
    let (tx, rx) = spsc::channel();
    let start = Instant::now();
    go!(move || {
        for i in 0..n {
            tx.send(i).expect("the consumer listens");
        }
    });
    let consumer = go!(move || rx.iter().count() as u64);
    assert_eq!(consumer.join().expect("no coroutine panics"), n);
    start.elapsed()
}
