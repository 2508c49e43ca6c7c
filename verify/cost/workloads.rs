//! One operation after the other, by as many goroutines as there are Ps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use gosched::chan::{Receiver, Sender, bounded};
use gosched::cost::{self, Site};
use gosched::sync::Mutex;
use gosched::time::after_func;
use gosched::{JoinHandle, go, stop_the_world, yield_now};

/// Counts operations: the first make everything warm, those behind them are measured.
pub(crate) struct Gauge {
    warm: u64,
    all: u64,
    done: AtomicU64,
    /// What the measured ones cost, and how many they were.
    result: std::sync::Mutex<(Vec<Site>, u64)>,
}

impl Gauge {
    fn new(warm: u64, measured: u64) -> Self {
        let result = std::sync::Mutex::default();
        Self { warm, all: warm + measured, done: AtomicU64::new(0), result }
    }

    /// So many operations were done. Returns whether more are wanted.
    fn add(&self, n: u64) -> bool {
        let before = self.done.fetch_add(n, SeqCst);
        let now = before + n;
        if before < self.warm && now >= self.warm {
            drop(cost::take());
            self.result.lock().unwrap().1 = now;
        }
        if before < self.all && now >= self.all {
            let mut result = self.result.lock().unwrap();
            *result = (cost::take(), now - result.1);
        }
        now < self.all
    }

    fn is_over(&self) -> bool {
        self.done.load(SeqCst) >= self.all
    }

    /// What the measured operations cost, and how many they were.
    pub(crate) fn result(&self) -> (Vec<Site>, u64) {
        std::mem::take(&mut *self.result.lock().unwrap())
    }
}

/// A kind of operation.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// What is done, and what counts as one.
    pub(crate) what: &'static str,
    /// Does it on so many Ps until the gauge has enough.
    pub(crate) body: fn(&Arc<Gauge>, usize),
}

impl Workload {
    /// On so many Ps at most. A stop of the world with 256 takes two minutes in round robin, and more than twelve at
    /// random.
    pub(crate) fn most_procs(&self) -> usize {
        if self.name == STOP { 64 } else { 256 }
    }

    /// What counts enough operations on so many Ps. A stop of the world is long, and one is like another.
    pub(crate) fn gauge(&self, procs: usize) -> Gauge {
        if self.name == STOP {
            return Gauge::new(2, (256 / procs as u64).min(16));
        }
        let each = procs as u64 * 16;
        Gauge::new(each.max(64), each.max(256))
    }
}

const STOP: &str = "stop";

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload { name: "yield", what: "each P's goroutine yields", body: yields },
    Workload { name: "spawn", what: "each P's goroutine starts one and joins it", body: spawn },
    Workload { name: "spawn alone", what: "one does so, all other Ps idle", body: spawn_alone },
    Workload { name: "steal", what: "one starts four for each P, all run them; each", body: steal },
    Workload { name: "wake", what: "one wakes one for each P, each answers; each", body: wake },
    Workload { name: "channel", what: "pairs, unbuffered; a value", body: channel },
    Workload { name: "channel alone", what: "one pair, all other Ps idle", body: channel_alone },
    Workload { name: "channel of 128", what: "pairs; a value", body: buffered },
    Workload { name: "many to one", what: "a channel of 128, all send, one receives", body: many },
    Workload { name: "mutex", what: "each P's goroutine locks its own", body: own_mutex },
    Workload { name: "mutex shared", what: "all lock the same", body: shared_mutex },
    Workload { name: "timer", what: "each P's goroutine starts one and stops it", body: timer },
    Workload { name: STOP, what: "one stops the world, all others yield", body: stop },
];

/// Starts so many goroutines, and waits for all.
fn each(n: usize, f: impl Fn(usize) + Clone + Send + 'static) {
    let start = |i| {
        let f = f.clone();
        go(move || f(i))
    };
    let all: Vec<_> = (0..n).map(start).collect();
    all.into_iter().for_each(join);
}

fn join(it: JoinHandle<()>) {
    it.join().unwrap();
}

/// So many goroutines do `op` until there are enough.
fn repeat(gauge: &Arc<Gauge>, n: usize, op: impl Fn() + Clone + Send + 'static) {
    let gauge = gauge.clone();
    each(n, move |_| {
        loop {
            op();
            if !gauge.add(1) {
                break;
            }
        }
    });
}

fn yields(gauge: &Arc<Gauge>, procs: usize) {
    repeat(gauge, procs, yield_now);
}

fn spawn(gauge: &Arc<Gauge>, procs: usize) {
    repeat(gauge, procs, || join(go(|| ())));
}

fn spawn_alone(gauge: &Arc<Gauge>, _: usize) {
    repeat(gauge, 1, || join(go(|| ())));
}

fn steal(gauge: &Arc<Gauge>, procs: usize) {
    loop {
        each(4 * procs, |_| yield_now());
        if !gauge.add(4 * procs as u64) {
            break;
        }
    }
}

fn wake(gauge: &Arc<Gauge>, procs: usize) {
    let ((calls, called), (answers, answered)) = (rows(procs), rows(procs));
    let waiters: Vec<_> = called.into_iter().zip(answers).map(start_waiter).collect();
    loop {
        calls.iter().for_each(|call| call.send(()).unwrap());
        answered.iter().for_each(|answer| answer.recv().unwrap());
        if !gauge.add(procs as u64) {
            break;
        }
    }
    drop(calls);
    waiters.into_iter().for_each(join);
}

/// So many channels.
fn rows(n: usize) -> (Vec<Sender<()>>, Vec<Receiver<()>>) {
    (0..n).map(|_| bounded(1)).unzip()
}

fn start_waiter((calls, answers): (Receiver<()>, Sender<()>)) -> JoinHandle<()> {
    go(move || calls.iter().for_each(|()| answers.send(()).unwrap()))
}

fn channel(gauge: &Arc<Gauge>, procs: usize) {
    pairs(gauge, procs / 2, 0);
}

fn channel_alone(gauge: &Arc<Gauge>, _: usize) {
    pairs(gauge, 1, 0);
}

fn buffered(gauge: &Arc<Gauge>, procs: usize) {
    pairs(gauge, procs / 2, 128);
}

fn pairs(gauge: &Arc<Gauge>, n: usize, cap: usize) {
    let gauge = gauge.clone();
    each(n, move |_| crowd(&gauge, 1, cap));
}

fn many(gauge: &Arc<Gauge>, procs: usize) {
    crowd(gauge, procs - 1, 128);
}

/// So many send, and the caller receives.
fn crowd(gauge: &Gauge, senders: usize, cap: usize) {
    let (tx, rx) = bounded(cap);
    let start = |tx: Sender<usize>| go(move || while tx.send(1).is_ok() {});
    let all: Vec<_> = (0..senders).map(|_| start(tx.clone())).collect();
    loop {
        rx.recv().unwrap();
        if !gauge.add(1) {
            break;
        }
    }
    drop(rx);
    all.into_iter().for_each(join);
}

fn own_mutex(gauge: &Arc<Gauge>, procs: usize) {
    let gauge = gauge.clone();
    each(procs, move |_| {
        let own = Mutex::new(0);
        loop {
            *own.lock().unwrap() += 1;
            if !gauge.add(1) {
                break;
            }
        }
    });
}

fn shared_mutex(gauge: &Arc<Gauge>, procs: usize) {
    let shared = Arc::new(Mutex::new(0));
    repeat(gauge, procs, move || *shared.lock().unwrap() += 1);
}

fn timer(gauge: &Arc<Gauge>, procs: usize) {
    const HOUR: Duration = Duration::from_secs(3600);
    repeat(gauge, procs, || {
        after_func(HOUR, || ()).stop();
    });
}

fn stop(gauge: &Arc<Gauge>, procs: usize) {
    let gauge = gauge.clone();
    each(procs, move |i| {
        loop {
            if i > 0 {
                yield_now();
            } else {
                stop_the_world(|_| ());
                gauge.add(1);
            }
            if gauge.is_over() {
                break;
            }
        }
    });
}
