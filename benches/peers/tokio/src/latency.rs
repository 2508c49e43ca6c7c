//! tokio: the multi-threaded runtime, beside tasks that keep their threads.

use std::time::{Duration, Instant};

use harness::Unsupported;
use harness::latency::{self, Mark, Peer, Stamp, Step, getpid, ns_per_call, time};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{block_in_place, spawn, spawn_blocking, yield_now};

fn main() {
    latency::main(|procs| {
        Tokio(Builder::new_multi_thread().worker_threads(procs).build().expect("a runtime"))
    })
}

struct Tokio(Runtime);

impl Peer for Tokio {
    fn receiver(
        &self,
        room: usize,
        mut received: impl FnMut(Stamp) + Send + 'static,
    ) -> impl FnMut(Stamp) {
        let (tx, mut rx) = mpsc::channel(room);
        self.0.spawn(async move {
            while let Some(stamp) = rx.recv().await {
                received(stamp);
            }
        });
        move |stamp| tx.blocking_send(stamp).expect("the receiver listens")
    }

    fn task(&self, mark: Mark, step: Step) -> Result<(), Unsupported> {
        self.0.spawn(steps(mark, step));
        Ok(())
    }

    fn calls(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("lock", self.cost(counter)),
            ("yield", self.cost(yielding)),
            ("raw", self.cost(|n| async move { time(n, getpid) })),
            (
                "marked",
                self.cost(|n| {
                    in_place(n, || {
                        getpid();
                    })
                }),
            ),
            ("empty", self.cost(|n| in_place(n, || ()))),
            ("apart", self.cost(apart)),
        ]
    }

    fn pause(&self) -> Result<Instant, Unsupported> {
        Err("tokio does not stop the world")
    }
}

impl Tokio {
    fn cost<F>(&self, calls: impl Fn(u64) -> F) -> f64
    where
        F: Future<Output = Duration> + Send + 'static,
    {
        ns_per_call(|n| {
            let calls = calls(n);
            self.0.block_on(async { spawn(calls).await.expect("no task panics") })
        })
    }
}

async fn steps(mark: Mark, mut step: Step) {
    loop {
        match mark {
            Mark::Plain => step(),
            Mark::InPlace => block_in_place(&mut step),
            Mark::Blocking => {
                let done = spawn_blocking(move || {
                    step();
                    step
                });
                step = done.await.expect("no step panics");
            }
        }
        yield_now().await;
    }
}

async fn counter(n: u64) -> Duration {
    let count = Mutex::new(0_u64);
    let start = Instant::now();
    for _ in 0..n {
        *count.lock().await += 1;
    }
    start.elapsed()
}

async fn yielding(n: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        yield_now().await;
    }
    start.elapsed()
}

/// With a yield after each: until then the task is without its worker, and the next costs nothing.
async fn in_place(n: u64, call: fn()) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        block_in_place(call);
        yield_now().await;
    }
    start.elapsed()
}

async fn apart(n: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        spawn_blocking(|| ()).await.expect("no task panics");
    }
    start.elapsed()
}
