//! Holding goroutines back: nobody runs, nothing is lost.
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

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{bounded, unbounded};
use gosched::sync::Mutex;
use gosched::{JoinHandle, Runtime, go, go_idle, lock_os_thread, pause, stop_the_world, yield_now};
use harness::{message_of, runtime};

/// Goroutines of all kinds that count until they are told to stop.
struct Counters {
    count: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    all: Vec<JoinHandle<()>>,
}

impl Counters {
    fn start(rt: &Runtime) -> Self {
        let (count, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let goroutine = |i| {
            let (count, over) = (count.clone(), over.clone());
            let (tx, rx) = bounded(1);
            let counts = move || {
                let _guard = (i % 3 == 1).then(lock_os_thread);
                while !over.load(SeqCst) {
                    count.fetch_add(1, SeqCst);
                    match i % 4 {
                        0 => yield_now(),
                        1 => go(|| ()).join().unwrap(),
                        2 => drop((tx.send(1), rx.recv())),
                        _ => stop_the_world(|_| ()),
                    }
                }
            };
            if i == 4 { rt.go_idle(counts) } else { rt.go(counts) }
        };
        let all = (0..8).map(goroutine).collect();
        let this = Self { count, over, all };
        this.moves();
        this
    }

    /// Waits until one has counted.
    #[track_caller]
    fn moves(&self) {
        let (before, start) = (self.count.load(SeqCst), Instant::now());
        while self.count.load(SeqCst) == before {
            assert!(start.elapsed() < Duration::from_secs(20), "nobody counts");
            thread::yield_now();
        }
    }

    /// Those in code of their own come to their next call; from then on nobody counts.
    #[track_caller]
    fn stand_still(&self) {
        let start = Instant::now();
        let mut before = self.count.load(SeqCst);
        loop {
            thread::sleep(Duration::from_millis(20));
            let now = self.count.load(SeqCst);
            if now == before {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(5), "they go on");
            before = now;
        }
    }

    fn end(self) {
        self.over.store(true, SeqCst);
        self.all.into_iter().for_each(|one| one.join().unwrap());
    }
}

#[test]
fn nobody_runs_while_a_thread_pauses_and_all_go_on_afterwards() {
    for procs in [1, 2, 4] {
        let rt = runtime(procs);
        let counters = Counters::start(&rt);
        for _ in 0..5 {
            let pause = rt.pause();
            counters.stand_still();
            let late = rt.go(|| 3);
            assert!(!late.is_finished());
            drop(pause);
            assert_eq!(late.join().unwrap(), 3);
            counters.moves();
        }
        counters.end();
    }
}

#[test]
fn pauses_nest_in_any_order() {
    let rt = runtime(2);
    let counters = Counters::start(&rt);
    let (a, b, c) = (rt.pause(), rt.pause(), rt.pause());
    drop(b);
    counters.stand_still();
    drop(a);
    counters.stand_still();
    let d = rt.pause();
    drop(c);
    counters.stand_still();
    drop(d);
    counters.moves();
    counters.end();
}

#[test]
fn a_goroutine_that_pauses_goes_on_alone() {
    for procs in [1, 3] {
        let rt = runtime(procs);
        let counters = Counters::start(&rt);
        let count = counters.count.clone();
        // The counters never rest, so it runs when they have ended.
        let (tell, told) = bounded(1);
        rt.run(move || {
            let outer = pause();
            let inner = pause();
            let held = [go(|| 1), go(|| 2)];
            go_idle(move || tell.send(()).unwrap());
            let (tx, rx) = unbounded();
            for i in 0..500 {
                yield_now();
                tx.send(i).unwrap();
                assert_eq!(rx.recv(), Ok(i));
            }
            assert!(held.iter().all(|one| !one.is_finished()));
            drop(inner);
            yield_now();
            assert!(held.iter().all(|one| !one.is_finished()));
            // A thread may wake it.
            let (tx, rx) = bounded(0);
            thread::spawn(move || tx.send(count.load(SeqCst)).unwrap());
            rx.recv().unwrap();
            drop(outer);
            assert_eq!(held.into_iter().map(|one| one.join().unwrap()).sum::<i32>(), 3);
        });
        counters.moves();
        counters.end();
        told.recv().unwrap();
    }
}

#[test]
fn a_pauser_may_stop_the_world_while_others_wait_to_do_so() {
    for procs in [1, 2, 4] {
        let rt = runtime(procs);
        let over = Arc::new(AtomicBool::new(false));
        let stopper = |i| {
            let over = over.clone();
            rt.go(move || {
                while !over.load(SeqCst) {
                    match i % 3 {
                        0 => stop_the_world(|_| ()),
                        1 => drop(gosched::set_procs(1 + procs)),
                        _ => drop(pause()),
                    }
                }
            })
        };
        let stoppers: Vec<_> = (0..6).map(stopper).collect();
        for i in 0..100 {
            let outer = rt.pause();
            match i % 3 {
                0 => rt.stop_the_world(|_| ()),
                1 => rt.release_memory(),
                _ => drop(rt.pause()),
            }
            drop(outer);
            rt.run(|| {
                let _outer = pause();
                stop_the_world(|_| ());
                let _inner = pause();
            });
        }
        over.store(true, SeqCst);
        stoppers.into_iter().for_each(|one| one.join().unwrap());
    }
}

#[test]
fn values_that_are_under_way_when_a_pause_begins_arrive() {
    let rt = runtime(3);
    let total = Arc::new(Mutex::new(0));
    let (tx, rx) = bounded(2);
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let tx = tx.clone();
            rt.go(move || (1..=500).for_each(|i| tx.send(i).unwrap()))
        })
        .collect();
    drop(tx);
    let receivers: Vec<_> = (0..3)
        .map(|_| {
            let (rx, total) = (rx.clone(), total.clone());
            rt.go(move || rx.iter().for_each(|i: u32| *total.lock().unwrap() += i))
        })
        .collect();
    while !senders.iter().all(JoinHandle::is_finished) {
        drop(rt.pause());
        rt.run(|| drop(pause()));
    }
    senders.into_iter().chain(receivers).for_each(|one| one.join().unwrap());
    assert_eq!(*total.lock().unwrap(), 4 * 125_250);
}

#[test]
fn a_pause_ends_with_the_panic_of_its_goroutine() {
    let rt = runtime(2);
    let text = message_of(|| {
        rt.run(|| {
            let _pause = pause();
            panic!("while others wait");
        })
    });
    assert_eq!(text, "while others wait");
    assert_eq!(rt.run(|| go(|| 5).join().unwrap()), 5);
}

#[test]
fn a_pause_in_a_stopped_world_says_so() {
    let rt = runtime(1);
    let text = message_of(|| rt.stop_the_world(|_| drop(rt.pause())));
    assert!(text.starts_with("gosched: the world is stopped here already; "), "{text}");
    rt.run(|| {
        let text = message_of(|| stop_the_world(|_| drop(pause())));
        assert!(text.starts_with("gosched: the world is stopped here already; "), "{text}");
    });
    let text = message_of(|| drop(pause()));
    assert!(text.starts_with("gosched: pause was called outside a goroutine"), "{text}");
}

#[test]
fn a_runtime_may_be_dropped_while_a_goroutine_pauses_it() {
    for procs in [1, 2] {
        for _ in 0..20 {
            let rt = runtime(procs);
            let over = Counters::start(&rt);
            let (tell, told) = bounded(0);
            let (tx, rx) = bounded::<()>(0);
            rt.go(move || {
                std::mem::forget(pause());
                tell.send(()).unwrap();
                rx.recv()
            });
            told.recv().unwrap();
            drop(rt);
            drop((tx, over));
        }
    }
}
