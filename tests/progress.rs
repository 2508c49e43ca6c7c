//! Who runs when: each goroutine makes progress, whatever the others do.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, Sender, bounded, unbounded};
use gosched::sync::Mutex;
use gosched::{Runtime, blocking, go, go_idle, lock_os_thread, yield_now};
use harness::{message_of, runtime, start};

/// A runtime that never takes a processor from a goroutine because it computes.
fn without_slices(procs: usize) -> Runtime {
    start(Runtime::builder().procs(procs).quantum(Duration::from_secs(3600)))
}

fn yields_beside_another(is_locked: bool) {
    runtime(1).run(move || {
        let (begin, begun) = bounded(0);
        let (stop, stopped) = bounded::<()>(1);
        let yielder = go(move || {
            let _guard = is_locked.then(lock_os_thread);
            begin.send(()).unwrap();
            while stopped.try_recv().is_err() {
                yield_now();
            }
        });
        begun.recv().unwrap();
        thread::sleep(Duration::from_millis(10));
        stop.send(()).unwrap();
        yielder.join().unwrap();
    });
}

/// Go's `TestYieldProgress`.
#[test]
fn a_goroutine_that_only_yields_lets_others_run() {
    yields_beside_another(false);
}

/// Go's `TestYieldLockedProgress`.
#[test]
fn a_locked_goroutine_that_only_yields_lets_others_run() {
    yields_beside_another(true);
}

/// Has four goroutines hand a token round by spinning, ten times: they must run at once.
fn hand_a_token_round(rt: &Runtime) {
    const P: usize = 4;
    for _ in 0..10 {
        let token = Arc::new(AtomicUsize::new(0));
        rt.run(move || {
            let goroutine = |p| {
                let token = token.clone();
                go(move || {
                    for i in 0..3 {
                        while token.load(SeqCst) != P * i + p {
                            spin_loop();
                        }
                        token.fetch_add(1, SeqCst);
                    }
                })
            };
            let all: Vec<_> = (0..P).map(goroutine).collect();
            all.into_iter().for_each(|one| one.join().unwrap());
        });
    }
}

/// Go's `TestGoroutineParallelism`.
#[test]
fn as_many_goroutines_run_at_once_as_there_are_processors() {
    hand_a_token_round(&without_slices(4));
}

/// Go's `TestGoroutineParallelism2`, the load coming from ordinary threads.
#[test]
fn goroutines_run_at_once_while_threads_start_and_wake_others() {
    let rt = without_slices(4);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    let (tx, rx) = bounded(0);
                    let echo = rt.go(move || rx.recv().unwrap());
                    tx.send(3).unwrap();
                    assert_eq!(echo.join().unwrap(), 3);
                }
            });
        }
        hand_a_token_round(&rt);
        over.store(true, SeqCst);
    });
}

/// Two goroutines that pass one value to and fro until `over`, and so are always ready.
fn ping_pong(over: &Arc<AtomicBool>) {
    let (ping, pinged) = bounded::<()>(0);
    let (pong, ponged) = bounded::<()>(0);
    let over = over.clone();
    go(move || {
        while !over.load(SeqCst) {
            ping.send(()).unwrap();
            ponged.recv().unwrap();
        }
    });
    go(move || pinged.iter().for_each(|()| pong.send(()).unwrap()));
}

/// Go's `TestTimerFairness`, an ordinary thread being the timer.
#[test]
fn a_goroutine_that_a_thread_wakes_is_seen_beside_two_that_are_always_ready() {
    for procs in [1, 2] {
        let over = Arc::new(AtomicBool::new(false));
        runtime(procs).run(move || {
            let (timer, fired) = bounded(0);
            ping_pong(&over);
            let waiter = go(move || fired.recv().unwrap());
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                timer.send(Instant::now()).unwrap();
            });
            let woken = waiter.join().unwrap();
            over.store(true, SeqCst);
            assert!(woken.elapsed() < Duration::from_secs(5), "{:?}", woken.elapsed());
        });
    }
}

/// Go's `TestPingPongHog`: two that compute long and two that compute shortly, each pair in turns.
#[test]
fn a_pair_that_computes_long_and_one_that_computes_shortly_share_a_processor() {
    let rt = runtime(1);
    let counts = [1_000_000_u64, 1_000].map(|limit| {
        let count = Arc::new(AtomicU64::new(0));
        let (wake, woken) = bounded::<()>(0);
        for _ in 0..2 {
            let (count, wake, woken) = (count.clone(), wake.clone(), woken.clone());
            rt.go(move || {
                while woken.recv().is_ok() {
                    assert_eq!((0..limit).map(black_box).max(), Some(limit - 1));
                    count.fetch_add(limit, SeqCst);
                    wake.send(()).unwrap();
                }
            });
        }
        (count, wake)
    });
    counts.iter().for_each(|(_, wake)| wake.send(()).unwrap());
    let start = Instant::now();
    loop {
        thread::sleep(Duration::from_millis(100));
        let [hog, light] = [0, 1].map(|i| counts[i].0.load(SeqCst));
        if hog / 20 <= light && light / 20 <= hog && light > 0 {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "long {hog}, short {light}");
    }
}

/// Go's `TestPreemption`: two that wait for each other by spinning.
#[test]
fn goroutines_that_spin_for_each_other_share_a_processor() {
    runtime(1).run(|| {
        let turn = Arc::new(AtomicUsize::new(0));
        let goroutine = |me| {
            let turn = turn.clone();
            go(move || {
                for _ in 0..5 {
                    while turn.load(SeqCst) != me {
                        spin_loop();
                    }
                    turn.store(1 - me, SeqCst);
                }
            })
        };
        let both = [goroutine(0), goroutine(1)];
        both.into_iter().for_each(|one| one.join().unwrap());
    });
}

/// Runs `step` again and again in a goroutine, on the one processor of a runtime that does not slice:
/// another one must run all the same.
fn does_not_starve_another(mut step: impl FnMut() + Send + 'static) {
    without_slices(1).run(move || {
        let over = Arc::new(AtomicBool::new(false));
        let seen = over.clone();
        let busy = go(move || {
            let mut steps = 0_u64;
            while !seen.load(SeqCst) {
                step();
                steps += 1;
            }
            steps
        });
        let other = go(move || {
            let started = Instant::now();
            yield_now();
            over.store(true, SeqCst);
            started.elapsed()
        });
        assert!(other.join().unwrap() < Duration::from_secs(5));
        assert!(busy.join().unwrap() < 1_000_000);
    });
}

#[test]
fn a_goroutine_that_always_finds_its_buffered_channel_ready_lets_others_run() {
    let (tx, rx) = bounded(1);
    does_not_starve_another(move || {
        tx.send(1).unwrap();
        assert_eq!(rx.recv(), Ok(1));
    });
    let (tx, rx) = unbounded();
    does_not_starve_another(move || {
        tx.send(1).unwrap();
        let _ = rx.try_recv();
    });
}

#[test]
fn a_goroutine_that_always_finds_its_mutex_free_lets_others_run() {
    let mutex = Mutex::new(0);
    does_not_starve_another(move || *mutex.lock().unwrap() += 1);
}

#[test]
fn a_goroutine_that_starts_others_without_end_lets_them_run() {
    does_not_starve_another(|| drop(go(|| ())));
}

/// How long another goroutine waits for the only processor while one sleeps by `f`; the best of ten.
fn wait_beside(f: fn(Duration)) -> Duration {
    let rt = without_slices(1);
    let one = || {
        rt.run(move || {
            let (tx, rx) = bounded(1);
            go(move || tx.send(Instant::now()).unwrap());
            let begin = Instant::now();
            f(Duration::from_millis(100));
            rx.recv().unwrap() - begin
        })
    };
    (0..10).map(|_| one()).min().unwrap()
}

#[test]
fn others_run_within_a_millisecond_or_so_while_a_goroutine_blocks_and_says_so() {
    let wait = wait_beside(|time| blocking(|| thread::sleep(time)));
    assert!(wait < Duration::from_millis(5), "{wait:?}");
}

#[test]
fn others_run_within_some_milliseconds_while_a_goroutine_blocks_and_does_not_say_so() {
    let wait = wait_beside(thread::sleep);
    assert!(wait < Duration::from_millis(20), "{wait:?}");
}

#[test]
fn blocking_returns_what_its_closure_does_wherever_and_however_it_ends() {
    assert_eq!(blocking(|| 1), 1); // on an ordinary thread
    runtime(1).run(|| {
        assert_eq!(blocking(|| blocking(|| 2) + 1), 3);
        assert_eq!(message_of(|| blocking(|| panic!("while blocked"))), "while blocked");
        let (tx, rx) = bounded(0);
        go(move || tx.send(4).unwrap());
        // It may wait for goroutines, and come back on another thread.
        assert_eq!(blocking(|| rx.recv().unwrap() + go(|| 1).join().unwrap()), 5);
    });
}

#[test]
fn an_idle_class_goroutine_runs_only_when_nothing_else_can() {
    let rt = runtime(1);
    rt.run(|| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |word: &'static str| {
            let order = order.clone();
            move || order.lock().unwrap().push(word)
        };
        let idle = [go_idle(note("idle")), go_idle(note("idle"))];
        for _ in 0..200 {
            go(note("normal")).join().unwrap();
            yield_now();
        }
        assert!(idle.iter().all(|one| !one.is_finished()));
        idle.into_iter().for_each(|one| one.join().unwrap());
        let order = order.lock().unwrap();
        assert_eq!(order.len(), 202);
        assert!(order[..200].iter().all(|word| *word == "normal"), "{order:?}");
    });
    assert_eq!(rt.go_idle(|| 5).join().unwrap(), 5);
}

/// Answers each number with itself.
fn echo(numbers: Receiver<u32>, answers: Sender<u32>) {
    numbers.iter().for_each(|number| answers.send(number).unwrap());
}

#[test]
fn an_idle_class_goroutine_that_computes_makes_room_for_others() {
    let rt = without_slices(1);
    let over = Arc::new(AtomicBool::new(false));
    let seen = over.clone();
    let (question, questions) = bounded(0);
    let (answers, answer) = bounded(0);
    rt.go(move || echo(questions, answers));
    let tidier = rt.go_idle(move || {
        while !seen.load(SeqCst) {
            spin_loop();
        }
    });
    let ask = |i| {
        thread::sleep(Duration::from_millis(3)); // for the idle one to get the processor
        let asked = Instant::now();
        question.send(i).unwrap();
        assert_eq!(answer.recv(), Ok(i));
        asked.elapsed()
    };
    let best = (0..20).map(ask).min().unwrap();
    over.store(true, SeqCst);
    tidier.join().unwrap();
    assert!(best < Duration::from_millis(50), "{best:?}");
}

#[test]
fn an_idle_class_goroutine_that_yields_makes_room_for_others() {
    runtime(1).run(|| {
        let over = Arc::new(AtomicBool::new(false));
        let seen = over.clone();
        let tidier = go_idle(move || {
            while !seen.load(SeqCst) {
                yield_now();
            }
        });
        let (tx, rx) = bounded(0);
        thread::spawn(move || (0..100).for_each(|i| tx.send(i).unwrap()));
        assert_eq!(rx.iter().sum::<i32>(), 4950); // from a thread: the idle one runs meanwhile
        over.store(true, SeqCst);
        tidier.join().unwrap();
    });
}
