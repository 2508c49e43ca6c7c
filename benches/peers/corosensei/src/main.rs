//! corosensei: the bare context switch, nothing else.

use std::hint::black_box;
use std::time::{Duration, Instant};

use corosensei::Coroutine;
use harness::{Unsupported, Workload};

fn main() {
    harness::main(|_procs| run)
}

fn run(workload: Workload, n: u64) -> Result<Duration, Unsupported> {
    match workload {
        Workload::Switch => Ok(switch(n)),
        _ => Err("corosensei has no scheduler: only `switch`"),
    }
}

fn switch(n: u64) -> Duration {
    let mut echo = Coroutine::<(), (), ()>::new(|yielder, ()| {
        loop {
            yielder.suspend(());
        }
    });
    let start = Instant::now();
    for _ in 0..n {
        black_box(echo.resume(()));
    }
    start.elapsed()
}
