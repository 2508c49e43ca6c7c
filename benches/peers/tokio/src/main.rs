//! tokio: the multi-threaded runtime; the driver is itself a task, so that hand-overs are between
//! workers and not with the thread in `block_on`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel};
use std::time::{Duration, Instant};

use harness::work::{nanosleep, spin};
use harness::{CAPACITY, CHILDREN, FIB, FIB_VALUE, LANES, TASKS, Unsupported, Workload};
use tokio::runtime::Builder;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::task::{JoinHandle, spawn, yield_now};

mod chans;
mod create;
mod flow;
mod locks;
mod selects;
mod timed;
mod timers;
mod wake;

type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

fn main() {
    harness::main(|procs| {
        let rt = Builder::new_multi_thread()
            .worker_threads(procs)
            .enable_time()
            .build()
            .expect("a runtime");
        move |workload, n| {
            let driver = driver(workload, n)?;
            Ok(rt.block_on(async { spawn(driver).await.expect("no task panics") }))
        }
    })
}

fn driver(workload: Workload, n: u64) -> Result<Task<Duration>, Unsupported> {
    Ok(match workload {
        Workload::Yield => Box::pin(yielding(n)),
        Workload::SpawnJoin => Box::pin(spawn_join(n)),
        Workload::SpawnMany => Box::pin(spawn_many(n)),
        Workload::PingPong => Box::pin(ping_pong(n)),
        Workload::Chan1To1 => Box::pin(chan_1_1(n)),
        Workload::Chan4To4 => Box::pin(chan_4_4(n)),
        Workload::Mutex => Box::pin(mutex(n)),
        Workload::Fib => Box::pin(fork_join(n)),
        Workload::Skynet => Box::pin(skynet(n, CHILDREN as usize)),
        // The least that tokio has.
        Workload::SkynetUnbuffered => Box::pin(skynet(n, 1)),
        Workload::Parked => Box::pin(parked(n)),
        Workload::Sleeps => Box::pin(timed::sleeps(n)),
        Workload::Stopped => Box::pin(timed::stopped(n)),
        Workload::Condvar => return Err("tokio has no condition variables"),
        Workload::Semaphore => Box::pin(timed::semaphore(n)),
        Workload::RwLock => Box::pin(timed::rwlock(n)),
        Workload::Scope => return Err("tokio's tasks do not borrow"),
        Workload::Sleepers => Box::pin(timed::sleepers(n)),
        Workload::Switch => return Err("tokio's tasks have no stacks to switch between"),
        Workload::CreateGoroutines => Box::pin(create::chains(n, 1)),
        Workload::CreateParallel => Box::pin(create::chains(n, harness::procs())),
        Workload::PingPongHog => Box::pin(wake::ping_pong_hog(n)),
        Workload::WakeupSpinning => Box::pin(wake::wakeup(n, spin)),
        Workload::WakeupSyscall => Box::pin(wake::wakeup(n, nanosleep)),
        Workload::ChanContended => Box::pin(chans::contended(n)),
        Workload::ChanSyncWork => Box::pin(chans::sync_work(n)),
        Workload::ChanProdCons0 => Box::pin(chans::prod_cons(n, 0)),
        Workload::ChanProdCons10 => Box::pin(chans::prod_cons(n, 10)),
        Workload::ChanProdCons100 => Box::pin(chans::prod_cons(n, 100)),
        Workload::ChanPopular => Box::pin(chans::popular(n)),
        Workload::SelectSync => Box::pin(selects::sync(n)),
        Workload::SelectAsync => Box::pin(selects::buffered(n)),
        Workload::MutexNoSpin => Box::pin(locks::mutex_no_spin(n)),
        Workload::MutexSpin => Box::pin(locks::mutex_spin(n)),
        Workload::SemaNonblock => Box::pin(locks::sema(n, 0)),
        Workload::SemaBlock => Box::pin(locks::sema(n, harness::procs() / 2)),
        Workload::Sleep1000 => Box::pin(timers::sleep_1000(n)),
        Workload::TimerLatency => Box::pin(timers::timer_latency(n)),
        Workload::ActorRing => Box::pin(flow::actor_ring(n)),
        Workload::Pipeline => Box::pin(flow::pipeline(n)),
        Workload::Quicksort | Workload::Matrix => return Err("tokio's tasks do not borrow"),
    })
}

/// tokio has none: the cheapest that its parts make.
struct WaitGroup {
    left: AtomicU64,
    all_done: Notify,
}

impl WaitGroup {
    fn new(n: u64) -> Self {
        Self { left: AtomicU64::new(n), all_done: Notify::new() }
    }

    fn done(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.all_done.notify_one();
        }
    }

    async fn wait(&self) {
        self.all_done.notified().await;
    }
}

async fn join_all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut values = Vec::with_capacity(tasks.len());
    for task in tasks {
        values.push(task.await.expect("no task panics"));
    }
    values
}

async fn yielding(n: u64) -> Duration {
    let start = Instant::now();
    let yielder = || async move {
        for _ in 0..n {
            yield_now().await;
        }
    };
    join_all((0..TASKS).map(|_| spawn(yielder())).collect()).await;
    start.elapsed()
}

async fn spawn_join(n: u64) -> Duration {
    let start = Instant::now();
    for i in 0..n {
        let value = spawn(async move { i }).await;
        assert_eq!(value.expect("no task panics"), i);
    }
    start.elapsed()
}

async fn spawn_many(n: u64) -> Duration {
    let start = Instant::now();
    let all = Arc::new(WaitGroup::new(n));
    for _ in 0..n {
        let all = all.clone();
        spawn(async move { all.done() });
    }
    all.wait().await;
    start.elapsed()
}

async fn ping_pong(n: u64) -> Duration {
    let (ping, mut pings) = mpsc::channel(1);
    let (pong, mut pongs) = mpsc::channel(1);
    let start = Instant::now();
    let echo = spawn(async move {
        while let Some(ball) = pings.recv().await {
            pong.send(ball).await.expect("the player listens");
        }
    });
    let player = spawn(async move {
        for i in 0..n {
            ping.send(i).await.expect("the echo listens");
            assert_eq!(pongs.recv().await, Some(i));
        }
    });
    join_all(vec![player, echo]).await;
    start.elapsed()
}

async fn chan_1_1(n: u64) -> Duration {
    let (tx, mut rx) = mpsc::channel(CAPACITY);
    let start = Instant::now();
    spawn(async move {
        for i in 0..n {
            tx.send(i).await.expect("the consumer listens");
        }
    });
    let consumer = spawn(async move {
        let mut got = 0;
        while rx.recv().await.is_some() {
            got += 1;
        }
        got
    });
    assert_eq!(consumer.await.expect("no task panics"), n);
    start.elapsed()
}

async fn chan_4_4(n: u64) -> Duration {
    let (tx, rx) = flume::bounded(CAPACITY);
    let start = Instant::now();
    for _ in 0..LANES {
        let tx = tx.clone();
        spawn(async move {
            for i in 0..n {
                tx.send_async(i).await.expect("the consumers listen");
            }
        });
    }
    drop(tx);
    let consumer = |rx: flume::Receiver<u64>| async move {
        let mut got = 0;
        while rx.recv_async().await.is_ok() {
            got += 1;
        }
        got
    };
    let consumers = (0..LANES).map(|_| spawn(consumer(rx.clone()))).collect();
    assert_eq!(join_all(consumers).await.iter().sum::<u64>(), n * LANES);
    start.elapsed()
}

async fn mutex(n: u64) -> Duration {
    let count = Arc::new(Mutex::new(0));
    let start = Instant::now();
    let adder = |count: Arc<Mutex<u64>>| async move {
        for _ in 0..n {
            *count.lock().await += 1;
        }
    };
    join_all((0..TASKS).map(|_| spawn(adder(count.clone()))).collect()).await;
    assert_eq!(*count.lock().await, n * TASKS);
    start.elapsed()
}

async fn fork_join(n: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        assert_eq!(fib(FIB).await, FIB_VALUE);
    }
    start.elapsed()
}

/// Not an `async fn`: the explicit `Send` lets it spawn itself.
fn fib(n: u64) -> impl Future<Output = u64> + Send {
    async move {
        if n < 2 {
            return n;
        }
        let left = spawn(fib(n - 1));
        let right: Task<u64> = Box::pin(fib(n - 2));
        right.await + left.await.expect("no task panics")
    }
}

async fn skynet(leaves: u64, capacity: usize) -> Duration {
    let start = Instant::now();
    let (tx, mut rx) = mpsc::channel(capacity);
    spawn(node(tx, 0, leaves, capacity));
    harness::check_skynet(leaves, rx.recv().await.expect("the root answers"));
    start.elapsed()
}

fn node(
    parent: mpsc::Sender<u64>,
    first: u64,
    leaves: u64,
    capacity: usize,
) -> impl Future<Output = ()> + Send {
    async move {
        let sum = if leaves == 1 { first } else { children(first, leaves, capacity).await };
        parent.send(sum).await.expect("the parent listens");
    }
}

async fn children(first: u64, leaves: u64, capacity: usize) -> u64 {
    let (tx, mut rx) = mpsc::channel(capacity);
    let share = leaves / CHILDREN;
    for i in 0..CHILDREN {
        spawn(node(tx.clone(), first + i * share, share, capacity));
    }
    drop(tx);
    let mut sum = 0;
    while let Some(part) = rx.recv().await {
        sum += part;
    }
    sum
}

async fn parked(n: u64) -> Duration {
    let gate = Arc::new(Notify::new());
    let start = Instant::now();
    let arrived = Arc::new(WaitGroup::new(n));
    for _ in 0..n {
        let (gate, arrived) = (gate.clone(), arrived.clone());
        spawn(async move {
            arrived.done();
            gate.notified().await;
        });
    }
    arrived.wait().await;
    start.elapsed()
}
