//! Everything at once: whatever is started ends, whatever is sent arrives, and no thread stays.
//!
//! Takes two seconds, or as many as `GOSCHED_STRESS_SECONDS` says.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::mem_forget,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::mem::forget;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{Sender, bounded, unbounded};
use gosched::sync::{Mutex, WaitGroup};
use gosched::{
    JoinHandle, Runtime, blocking, exit, go, go_idle, lock_os_thread, pause, stop_the_world,
    try_go, yield_now,
};
use harness::{bound_time, start, until};

/// Random numbers, from the same seed the same.
struct Random(u64);

impl Random {
    /// One below `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n
    }

    fn micros(&mut self, most: u64) -> Duration {
        Duration::from_micros(self.below(most))
    }
}

/// What all parts of a round share.
struct Shared {
    over: AtomicBool,
    /// Jobs begun, of any kind, and those seen to the end by whoever began them.
    begun: AtomicU64,
    ended: AtomicU64,
    /// The sum of what was sent.
    sent: AtomicU64,
    /// Added to under the mutex, and beside it.
    locked: Mutex<u64>,
    added: AtomicU64,
    values: Sender<u64>,
}

type Job = fn(&Arc<Shared>, &mut Random);

const JOBS: [Job; 14] = [
    tree,
    tree,
    channel,
    channel,
    pipeline,
    mutex,
    group,
    locked,
    ends_locked,
    blocks,
    hog,
    idle,
    panics,
    world,
];

impl Shared {
    fn new(values: Sender<u64>) -> Arc<Self> {
        Arc::new(Self {
            over: AtomicBool::new(false),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            locked: Mutex::new(0),
            added: AtomicU64::new(0),
            values,
        })
    }

    fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Does jobs one after the other; in a goroutine.
    fn work(self: &Arc<Self>, seed: u64) {
        let mut random = Random(seed);
        while !self.is_over() {
            self.begun.fetch_add(1, Relaxed);
            JOBS[random.below(JOBS.len() as u64) as usize](self, &mut random);
            self.ended.fetch_add(1, Relaxed);
        }
    }

    fn send(&self, value: u64) {
        self.sent.fetch_add(value, Relaxed);
        self.values.send(value).unwrap();
    }
}

fn sum_of_tree(depth: u64) -> u64 {
    if depth == 0 {
        return 1;
    }
    let left = go(move || sum_of_tree(depth - 1));
    let right = sum_of_tree(depth - 1);
    left.join().unwrap() + right
}

fn tree(_: &Arc<Shared>, random: &mut Random) {
    let depth = random.below(7);
    assert_eq!(sum_of_tree(depth), 1 << depth);
}

fn channel(shared: &Arc<Shared>, random: &mut Random) {
    (0..random.below(50)).for_each(|_| shared.send(random.below(1000)));
}

/// A channel of its own, with senders and receivers that come and go.
fn pipeline(_: &Arc<Shared>, random: &mut Random) {
    let (tx, rx) =
        if random.below(5) == 0 { unbounded() } else { bounded(random.below(4) as usize) };
    let (senders, receivers) = (1 + random.below(4), 1 + random.below(4));
    for _ in 0..senders {
        let tx: Sender<u64> = tx.clone();
        go(move || (1..=100).for_each(|i| tx.send(i).unwrap()));
    }
    drop(tx);
    let receive = |_| {
        let rx = rx.clone();
        go(move || rx.iter().sum::<u64>())
    };
    let all: Vec<_> = (0..receivers).map(receive).collect();
    assert_eq!(all.into_iter().map(|one| one.join().unwrap()).sum::<u64>(), senders * 5050);
}

fn mutex(shared: &Arc<Shared>, random: &mut Random) {
    add_under_mutex(shared, random, yield_now);
}

fn add_under_mutex(shared: &Arc<Shared>, random: &mut Random, rest: fn()) {
    for _ in 0..random.below(100) {
        let value = random.below(10);
        let mut sum = shared.locked.lock().unwrap();
        let now = *sum;
        if value == 0 {
            rest(); // with the lock held
        }
        *sum = now + value;
        drop(sum);
        shared.added.fetch_add(value, Relaxed);
    }
}

fn group(_: &Arc<Shared>, random: &mut Random) {
    let (group, count) = (WaitGroup::new(), Arc::new(AtomicU64::new(0)));
    let n = random.below(20);
    group.add(n as usize);
    for _ in 0..n {
        let (group, count) = (group.clone(), count.clone());
        go(move || {
            count.fetch_add(1, Relaxed);
            group.done();
        });
    }
    group.wait();
    assert_eq!(count.load(Relaxed), n);
}

fn locked(shared: &Arc<Shared>, random: &mut Random) {
    let _outer = lock_os_thread();
    let _inner = lock_os_thread();
    JOBS[random.below(7) as usize](shared, random);
    yield_now();
}

fn ends_locked(shared: &Arc<Shared>, random: &mut Random) {
    let (shared, seed) = (shared.clone(), random.below(u64::MAX));
    let one = go(move || {
        forget(lock_os_thread());
        JOBS[Random(seed).below(6) as usize](&shared, &mut Random(seed));
    });
    one.join().unwrap();
}

fn blocks(_: &Arc<Shared>, random: &mut Random) {
    let time = random.micros(3000);
    if random.below(2) == 0 {
        blocking(|| thread::sleep(time));
    } else {
        thread::sleep(time);
    }
}

fn hog(_: &Arc<Shared>, random: &mut Random) {
    let (begin, time) = (Instant::now(), random.micros(15_000));
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Not waited for by its parent, who would hold up all: idle ones run when the others rest.
fn idle(shared: &Arc<Shared>, random: &mut Random) {
    shared.begun.fetch_add(1, Relaxed);
    let (shared, value) = (shared.clone(), random.below(100));
    go_idle(move || {
        shared.send(value);
        yield_now();
        shared.ended.fetch_add(1, Relaxed);
    });
}

fn panics(_: &Arc<Shared>, random: &mut Random) {
    let locks = random.below(2) == 0;
    let one = go(move || {
        let _guard = locks.then(lock_os_thread);
        yield_now();
        exit()
    });
    assert!(one.join().unwrap_err().is::<gosched::Exited>());
}

fn world(shared: &Arc<Shared>, random: &mut Random) {
    match random.below(4) {
        0 => assert!(stop_the_world(|world| world.num_goroutines()) > 0),
        1 => assert!(gosched::set_procs(1 + random.below(8) as usize) > 0),
        _ => {
            let _outer = pause();
            let _inner = (random.below(2) == 0).then(pause);
            try_go(|| ()).unwrap();
            yield_now();
            let shared = shared.clone();
            thread::spawn(move || shared.send(1)); // others wait meanwhile; it does not
        }
    }
}

/// An ordinary thread that uses the runtime, and others that come and go.
fn outside(rt: &Runtime, shared: &Arc<Shared>, seed: u64) {
    let mut random = Random(seed);
    while !shared.is_over() {
        shared.begun.fetch_add(1, Relaxed);
        match random.below(8) {
            0 => assert_eq!(rt.run(|| sum_of_tree(3)), 8),
            1 => assert_eq!(rt.go(|| go(|| 2).join().unwrap()).join().unwrap(), 2),
            2 => channel(shared, &mut random),
            3 => add_under_mutex(shared, &mut random, thread::yield_now),
            4 => assert!(rt.set_procs(1 + random.below(8) as usize) > 0),
            5 => rt.stop_the_world(|_| thread::sleep(random.micros(100))),
            6 => {
                let _pause = rt.pause();
                thread::sleep(random.micros(1000));
                rt.release_memory();
            }
            _ => thread::scope(|scope| {
                let (tx, rx) = bounded(0);
                let echo = rt.go(move || rx.iter().sum::<u64>());
                scope.spawn(move || (0..10).for_each(|i| tx.send(i).unwrap()));
                assert_eq!(echo.join().unwrap(), 45);
            }),
        }
        shared.ended.fetch_add(1, Relaxed);
        thread::sleep(random.micros(2000));
    }
}

/// Waits until no thread of this process has such a name.
fn no_thread_is_called(name: &str) {
    until("no thread of a dropped runtime stays", || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let comm = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm"));
        let mut names = tasks.filter_map(|task| comm(task.ok()?).ok());
        !names.any(|comm| comm.starts_with(name))
    });
}

fn runtime(name: &str, random: &mut Random) -> Runtime {
    start(Runtime::builder().procs(1 + random.below(8) as usize).thread_name(name))
}

fn workers(rt: &Runtime, shared: &Arc<Shared>, seed: u64) -> Vec<JoinHandle<()>> {
    let worker = |i| {
        let shared = shared.clone();
        rt.go(move || shared.work(seed + i))
    };
    (0..12).map(worker).collect()
}

/// One runtime from its start to its end; returns how many jobs there were.
fn to_the_end(seed: u64, time: Duration) -> u64 {
    let mut random = Random(seed);
    let rt = Arc::new(runtime("stressed", &mut random));
    let (values, all) = bounded(random.below(8) as usize);
    let shared = Shared::new(values);
    let receiver = |_| {
        let all = all.clone();
        rt.go(move || all.iter().sum::<u64>())
    };
    let receivers: Vec<_> = (0..2).map(receiver).collect();
    let workers = workers(&rt, &shared, seed);
    let others = [100, 101, 102].map(|i| {
        let (rt, shared) = (rt.clone(), shared.clone());
        thread::spawn(move || outside(&rt, &shared, seed + i))
    });
    let receiver = thread::spawn(move || all.iter().sum::<u64>());
    thread::sleep(time);
    shared.over.store(true, SeqCst);
    workers.into_iter().for_each(|one| one.join().unwrap());
    others.into_iter().for_each(|one| one.join().unwrap());
    until("all jobs end", || shared.begun.load(SeqCst) == shared.ended.load(SeqCst));
    until("nobody is left to send", || Arc::strong_count(&shared) == 1);
    let shared = Arc::into_inner(shared).unwrap();
    assert_eq!(shared.locked.into_inner().unwrap(), shared.added.into_inner());
    drop(shared.values);
    let sum: u64 = receivers.into_iter().map(|one| one.join().unwrap()).sum();
    assert_eq!(sum + receiver.join().unwrap(), shared.sent.into_inner());
    until("all goroutines end", || rt.num_goroutines() == 0);
    drop(Arc::into_inner(rt).unwrap());
    no_thread_is_called("stressed");
    shared.begun.into_inner()
}

/// One that is dropped in the middle of it all.
fn cut_short(seed: u64) {
    let mut random = Random(seed);
    let rt = runtime("cut", &mut random);
    let (values, all) = unbounded();
    drop(workers(&rt, &Shared::new(values), seed));
    thread::sleep(random.micros(20_000));
    drop(rt);
    no_thread_is_called("cut");
    drop(all);
}

#[test]
fn nothing_is_lost_and_nobody_is_left_whatever_happens_at_once() {
    let seconds = std::env::var("GOSCHED_STRESS_SECONDS").map_or(2, |text| text.parse().unwrap());
    let begin = Instant::now();
    let mut seed = u64::from(std::process::id()) << 32;
    let mut jobs = 0;
    while begin.elapsed() < Duration::from_secs(seconds) {
        eprintln!("seed {seed}, {jobs} jobs done");
        bound_time(120);
        jobs += to_the_end(seed, Duration::from_millis(500));
        cut_short(seed);
        seed += 1000;
    }
    assert!(jobs > 100, "only {jobs} jobs");
    bound_time(60); // for what follows
}
