//! gosched itself, under the same workloads as its peers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gosched::chan::{self, Receiver, Sender};
use gosched::sync::{Mutex, WaitGroup};
use gosched::{JoinHandle, Runtime, go, yield_now};
use harness::work::{nanosleep, spin};
use harness::{CAPACITY, CHILDREN, FIB, FIB_VALUE, LANES, TASKS, Workload, forkjoin};

#[path = "../../blocking/mod.rs"]
mod blocking;
mod permits;
#[path = "../../../support/switch.rs"]
mod switch;
mod timed;
mod timers;

use blocking::{chans, create, flow, locks, selects, wake};

/// What the workloads of all who block are made of.
mod rt {
    pub(crate) use gosched::chan::{Receiver, Sender, TryRecvError, bounded, select};
    pub(crate) use gosched::go;
    pub(crate) use gosched::sync::Mutex;
}

fn main() {
    harness::main(|procs| {
        // SAFETY: no goroutine here, nor a dependency that it calls, holds a thread-local or
        // anything else of its thread at a switch point.
        let rt = unsafe { Runtime::builder().procs(procs).start() }.expect("a runtime");
        move |workload, n| {
            Ok(match workload {
                Workload::Switch => switch::there_and_back(n),
                _ => rt.run(move || driver(workload, n)),
            })
        }
    })
}

fn driver(workload: Workload, n: u64) -> Duration {
    match workload {
        Workload::Yield => yielding(n),
        Workload::SpawnJoin => spawn_join(n),
        Workload::SpawnMany => spawn_many(n),
        Workload::PingPong => ping_pong(n),
        Workload::Chan1To1 => chan_1_1(n),
        Workload::Chan4To4 => chan_4_4(n),
        Workload::Mutex => mutex(n),
        Workload::Fib => fork_join(n),
        Workload::Skynet => skynet(n, CHILDREN as usize),
        Workload::SkynetUnbuffered => skynet(n, 0),
        Workload::Parked => parked(n),
        Workload::Sleeps => timed::sleeps(n),
        Workload::Stopped => timed::stopped(n),
        Workload::Condvar => timed::condvar(n),
        Workload::Semaphore => timed::semaphore(n),
        Workload::RwLock => timed::rwlock(n),
        Workload::Scope => timed::scope(n),
        Workload::Sleepers => timed::sleepers(n),
        Workload::Switch => unreachable!("`switch` runs outside the scheduler"),
        Workload::CreateGoroutines => create::create_goroutines(n),
        Workload::CreateParallel => create::create_parallel(n),
        Workload::PingPongHog => wake::ping_pong_hog(n),
        Workload::WakeupSpinning => wake::wakeup(n, spin),
        Workload::WakeupSyscall => wake::wakeup(n, nanosleep),
        Workload::ChanContended => chans::contended(n),
        Workload::ChanSyncWork => chans::sync_work(n),
        Workload::ChanProdCons0 => chans::prod_cons(n, 0),
        Workload::ChanProdCons10 => chans::prod_cons(n, 10),
        Workload::ChanProdCons100 => chans::prod_cons(n, 100),
        Workload::ChanPopular => chans::popular(n),
        Workload::SelectSync => selects::sync(n),
        Workload::SelectAsync => selects::buffered(n),
        Workload::MutexNoSpin => locks::mutex_no_spin(n),
        Workload::MutexSpin => locks::mutex_spin(n),
        Workload::SemaNonblock => permits::sema(n, 0),
        Workload::SemaBlock => permits::sema(n, harness::procs() / 2),
        Workload::Sleep1000 => timers::sleep_1000(n),
        Workload::TimerLatency => timers::timer_latency(n),
        Workload::ActorRing => flow::actor_ring(n),
        Workload::Pipeline => flow::pipeline(n),
        Workload::Quicksort => forkjoin::quicksort::<Goroutines>(n),
        Workload::Matrix => forkjoin::matrix::<Goroutines>(n),
    }
}

pub(crate) fn join_all<T>(goroutines: Vec<JoinHandle<T>>) -> Vec<T> {
    goroutines.into_iter().map(|g| g.join().expect("no goroutine panics")).collect()
}

fn yielding(n: u64) -> Duration {
    let start = Instant::now();
    let yielder = move || {
        for _ in 0..n {
            yield_now();
        }
    };
    join_all((0..TASKS).map(|_| go(yielder)).collect());
    start.elapsed()
}

fn spawn_join(n: u64) -> Duration {
    let start = Instant::now();
    for i in 0..n {
        assert_eq!(go(move || i).join().expect("no goroutine panics"), i);
    }
    start.elapsed()
}

fn spawn_many(n: u64) -> Duration {
    let start = Instant::now();
    let all = WaitGroup::new();
    all.add(n as usize);
    for _ in 0..n {
        let all = all.clone();
        go(move || all.done());
    }
    all.wait();
    start.elapsed()
}

fn ping_pong(n: u64) -> Duration {
    let (ping, pings) = chan::bounded(0);
    let (pong, pongs) = chan::bounded(0);
    let start = Instant::now();
    let echo = go(move || {
        for ball in pings {
            pong.send(ball).expect("the player listens");
        }
    });
    let player = go(move || {
        for i in 0..n {
            ping.send(i).expect("the echo listens");
            assert_eq!(pongs.recv(), Ok(i));
        }
    });
    join_all(vec![player, echo]);
    start.elapsed()
}

fn chan_1_1(n: u64) -> Duration {
    let (tx, rx) = chan::bounded(CAPACITY);
    let start = Instant::now();
    go(move || {
        for i in 0..n {
            tx.send(i).expect("the consumer listens");
        }
    });
    let consumer = go(move || rx.iter().count() as u64);
    assert_eq!(consumer.join().expect("no goroutine panics"), n);
    start.elapsed()
}

fn chan_4_4(n: u64) -> Duration {
    let (tx, rx) = chan::bounded(CAPACITY);
    let start = Instant::now();
    for _ in 0..LANES {
        let tx = tx.clone();
        go(move || {
            for i in 0..n {
                tx.send(i).expect("the consumers listen");
            }
        });
    }
    drop(tx);
    let consumer = |rx: Receiver<u64>| go(move || rx.iter().count() as u64);
    let consumers = (0..LANES).map(|_| consumer(rx.clone())).collect();
    assert_eq!(join_all(consumers).iter().sum::<u64>(), n * LANES);
    start.elapsed()
}

fn mutex(n: u64) -> Duration {
    let count = Arc::new(Mutex::new(0));
    let start = Instant::now();
    let adder = |count: Arc<Mutex<u64>>| {
        go(move || {
            for _ in 0..n {
                *count.lock().expect("no goroutine panics") += 1;
            }
        })
    };
    join_all((0..TASKS).map(|_| adder(count.clone())).collect());
    assert_eq!(*count.lock().expect("no goroutine panics"), n * TASKS);
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
    let left = go(move || fib(n - 1));
    let right = fib(n - 2);
    right + left.join().expect("no goroutine panics")
}

struct Goroutines;

impl forkjoin::Join for Goroutines {
    fn join(a: impl FnOnce() + Send, b: impl FnOnce() + Send) {
        gosched::scope(|s| {
            s.spawn(a);
            b();
        });
    }
}

fn skynet(leaves: u64, capacity: usize) -> Duration {
    let start = Instant::now();
    let (tx, rx) = chan::bounded(capacity);
    go(move || node(&tx, 0, leaves, capacity));
    harness::check_skynet(leaves, rx.recv().expect("the root answers"));
    start.elapsed()
}

fn node(parent: &Sender<u64>, first: u64, leaves: u64, capacity: usize) {
    let sum = if leaves == 1 { first } else { children(first, leaves, capacity) };
    parent.send(sum).expect("the parent listens");
}

fn children(first: u64, leaves: u64, capacity: usize) -> u64 {
    let (tx, rx) = chan::bounded(capacity);
    let share = leaves / CHILDREN;
    for i in 0..CHILDREN {
        let tx = tx.clone();
        go(move || node(&tx, first + i * share, share, capacity));
    }
    drop(tx);
    rx.iter().sum()
}

fn parked(n: u64) -> Duration {
    let (gate, waiting) = chan::bounded::<()>(0);
    let start = Instant::now();
    let arrived = WaitGroup::new();
    arrived.add(n as usize);
    for _ in 0..n {
        let (waiting, arrived) = (waiting.clone(), arrived.clone());
        go(move || {
            arrived.done();
            waiting.recv()
        });
    }
    arrived.wait();
    let elapsed = start.elapsed();
    std::mem::forget(gate); // they stay parked until the process ends
    elapsed
}
