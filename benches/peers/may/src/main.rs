//! may: stackful coroutines; the bare switch is that of the `generator` crate below it.
//!
//! may's channels are unbounded, so `chan_4_4` has no back-pressure. The workloads of a pair of tasks
//! are in `bin/spsc.rs`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use generator::Gn;
use harness::{CHILDREN, FIB, FIB_VALUE, LANES, TASKS, Unsupported, Workload};
use may::coroutine::{JoinHandle, yield_now};
use may::go;
use may::sync::{Mutex, WaitGroup, mpmc, mpsc};

mod timed;

fn main() {
    harness::main(|procs| {
        may::config().set_workers(procs);
        |workload, n| {
            if workload == Workload::Switch {
                return Ok(switch(n));
            }
            Ok(go!(move || driver(workload, n)).join().expect("no coroutine panics")?)
        }
    })
}

fn driver(workload: Workload, n: u64) -> Result<Duration, Unsupported> {
    Ok(match workload {
        Workload::Yield => yielding(n),
        Workload::SpawnJoin => spawn_join(n),
        Workload::SpawnMany => spawn_many(n),
        Workload::Chan4To4 => chan_4_4(n),
        Workload::Mutex => mutex(n),
        Workload::Fib => fork_join(n),
        Workload::Skynet => skynet(n),
        Workload::Parked => parked(n),
        Workload::Switch => return Err("`switch` runs outside the scheduler"),
        Workload::Sleeps => timed::sleeps(n),
        Workload::Stopped => return Err("may's timers are sleeps"),
        Workload::Condvar => timed::condvar(n),
        Workload::Semaphore => timed::semaphore(n),
        Workload::RwLock => timed::rwlock(n),
        Workload::Scope => timed::scope(n),
        Workload::Sleepers => timed::sleepers(n),
        Workload::PingPong | Workload::Chan1To1 => return Err("peer-may-spsc has it"),
        _ => return Err("may is not compared in it"),
    })
}

fn join_all<T>(coroutines: Vec<JoinHandle<T>>) -> Vec<T> {
    coroutines.into_iter().map(|c| c.join().expect("no coroutine panics")).collect()
}

fn yielding(n: u64) -> Duration {
    let start = Instant::now();
    let yielder = move || {
        for _ in 0..n {
            yield_now();
        }
    };
    join_all((0..TASKS).map(|_| go!(yielder)).collect());
    start.elapsed()
}

fn spawn_join(n: u64) -> Duration {
    let start = Instant::now();
    for i in 0..n {
        assert_eq!(go!(move || i).join().expect("no coroutine panics"), i);
    }
    start.elapsed()
}

fn spawn_many(n: u64) -> Duration {
    let start = Instant::now();
    let all = WaitGroup::new();
    for _ in 0..n {
        let one = all.clone();
        go!(move || drop(one));
    }
    all.wait();
    start.elapsed()
}

fn chan_4_4(n: u64) -> Duration {
    let (tx, rx) = mpmc::channel();
    let start = Instant::now();
    for _ in 0..LANES {
        let tx = tx.clone();
        go!(move || {
            for i in 0..n {
                tx.send(i).expect("the consumers listen");
            }
        });
    }
    drop(tx);
    let consumer = |rx: mpmc::Receiver<u64>| go!(move || rx.iter().count() as u64);
    let consumers = (0..LANES).map(|_| consumer(rx.clone())).collect();
    assert_eq!(join_all(consumers).iter().sum::<u64>(), n * LANES);
    start.elapsed()
}

fn mutex(n: u64) -> Duration {
    let count = Arc::new(Mutex::new(0));
    let start = Instant::now();
    let adder = |count: Arc<Mutex<u64>>| {
        go!(move || {
            for _ in 0..n {
                *count.lock().expect("no coroutine panics") += 1;
            }
        })
    };
    join_all((0..TASKS).map(|_| adder(count.clone())).collect());
    assert_eq!(*count.lock().expect("no coroutine panics"), n * TASKS);
    start.elapsed()
}

fn fork_join(n: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        assert_eq!(fib(FIB), FIB_VALUE);
    }
    start.elapsed()
}

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let left = go!(move || fib(n - 1));
    let right = fib(n - 2);
    right + left.join().expect("no coroutine panics")
}

fn skynet(leaves: u64) -> Duration {
    let start = Instant::now();
    let (tx, rx) = mpsc::channel();
    go!(move || node(&tx, 0, leaves));
    harness::check_skynet(leaves, rx.recv().expect("the root answers"));
    start.elapsed()
}

fn node(parent: &mpsc::Sender<u64>, first: u64, leaves: u64) {
    let sum = if leaves == 1 { first } else { children(first, leaves) };
    parent.send(sum).expect("the parent listens");
}

fn children(first: u64, leaves: u64) -> u64 {
    let (tx, rx) = mpsc::channel();
    let share = leaves / CHILDREN;
    for i in 0..CHILDREN {
        let tx = tx.clone();
        go!(move || node(&tx, first + i * share, share));
    }
    drop(tx);
    rx.iter().sum()
}

fn parked(n: u64) -> Duration {
    let (gate, waiting) = mpmc::channel::<()>();
    let start = Instant::now();
    let arrived = WaitGroup::new();
    for _ in 0..n {
        let (waiting, arrived) = (waiting.clone(), arrived.clone());
        go!(move || {
            drop(arrived);
            waiting.recv()
        });
    }
    arrived.wait();
    let elapsed = start.elapsed();
    std::mem::forget(gate); // they stay parked until the process ends
    elapsed
}

fn switch(n: u64) -> Duration {
    let mut echo = Gn::<()>::new_scoped(|mut scope| {
        loop {
            scope.yield_(());
        }
    });
    let start = Instant::now();
    for _ in 0..n {
        black_box(echo.resume());
    }
    start.elapsed()
}
