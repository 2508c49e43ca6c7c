//! Go's own tests of what goroutines wait on, by meaning and with Go's parameters (`src/sync/*_test.go`,
//! `src/runtime/sema_test.go`). What `tests/sync*.rs` says already is not said again.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use gosched::sync::{Condvar, Mutex, Once, RwLock, Semaphore, WaitGroup};
use gosched::{chan, go, yield_now};
use harness::runtime;

/// `TestSemaphore`, `TestMutex`: 10 goroutines take the one permit 1,000 times each.
#[test]
fn ten_goroutines_take_one_permit_a_thousand_times_each() {
    runtime(2).run(|| {
        let permit = Arc::new(Semaphore::new(1));
        let inside = Arc::new(AtomicU32::new(0));
        let all = WaitGroup::new();
        for _ in 0..10 {
            let (permit, inside) = (permit.clone(), inside.clone());
            all.go(move || {
                for _ in 0..1_000 {
                    let _permit = permit.acquire();
                    assert_eq!(inside.fetch_add(1, Relaxed), 0);
                    inside.fetch_sub(1, Relaxed);
                }
            });
        }
        all.wait();
        assert_eq!(permit.available_permits(), 1);
    });
}

/// `TestSemaHandoff`, `TestSemaHandoff1`, `TestSemaHandoff2`: a permit that is given back goes to the one who
/// waits, and not to whoever gave it. Go asks for two thirds of 10,000; here it is each of 1,000, but where
/// two processors run the other may not wait yet.
#[test]
fn a_permit_is_handed_to_the_one_who_waits() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let permit = Arc::new(Semaphore::new(1));
            for _ in 0..1_000 {
                let mine = permit.acquire();
                let (got, has_got) = chan::bounded(1);
                let other = go({
                    let permit = permit.clone();
                    move || {
                        let _permit = permit.acquire();
                        got.send(()).unwrap();
                    }
                });
                for _ in 0..3 {
                    yield_now();
                }
                drop(mine);
                let again = permit.acquire();
                assert!(has_got.try_recv().is_ok() || gosched::procs() > 1);
                drop(again);
                other.join().unwrap();
            }
        });
    }
}

/// `TestCondSignal`: one notification wakes one.
#[test]
fn one_notification_wakes_one() {
    runtime(2).run(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let (running, runs) = chan::bounded(2);
        let (awake, awakes) = chan::bounded(2);
        for _ in 0..2 {
            let (pair, running, awake) = (pair.clone(), running.clone(), awake.clone());
            go(move || {
                let guard = pair.0.lock().unwrap();
                running.send(()).unwrap();
                drop(pair.1.wait(guard).unwrap());
                awake.send(()).unwrap();
            });
        }
        (0..2).for_each(|_| runs.recv().unwrap());
        for _ in 0..2 {
            assert!(awakes.try_recv().is_err(), "nobody was notified");
            let guard = pair.0.lock().unwrap();
            pair.1.notify_one();
            drop(guard);
            awakes.recv().unwrap();
        }
        assert!(awakes.try_recv().is_err());
        pair.1.notify_one(); // nobody waits
    });
}

/// `TestCondSignalGenerations`: 100 are woken in the order in which they came.
#[test]
fn a_hundred_are_notified_in_their_order() {
    runtime(2).run(|| {
        const N: usize = 100;
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let (running, runs) = chan::bounded(N);
        let (awake, awakes) = chan::bounded(N);
        for i in 0..N {
            let (of_this, running, awake) = (pair.clone(), running.clone(), awake.clone());
            go(move || {
                let guard = of_this.0.lock().unwrap();
                running.send(()).unwrap();
                let guard = of_this.1.wait(guard).unwrap();
                awake.send(i).unwrap();
                drop(guard);
            });
            if i > 0 {
                assert_eq!(awakes.recv(), Ok(i - 1));
            }
            runs.recv().unwrap();
            let guard = pair.0.lock().unwrap();
            pair.1.notify_one();
            drop(guard);
        }
    });
}

/// `TestCondBroadcast`: 200 wait in rounds, and each round wakes all of them once.
#[test]
fn to_notify_all_wakes_two_hundred_once_in_each_round() {
    runtime(2).run(|| {
        const N: usize = 200;
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        let all = WaitGroup::new();
        let (running, runs) = chan::bounded(N);
        for _ in 0..N {
            let (pair, running) = (pair.clone(), running.clone());
            all.go(move || {
                for round in 0..5 {
                    let mut now = pair.0.lock().unwrap();
                    running.send(()).unwrap();
                    while *now == round {
                        now = pair.1.wait(now).unwrap();
                    }
                }
            });
        }
        for _ in 0..5 {
            (0..N).for_each(|_| runs.recv().unwrap());
            *pair.0.lock().unwrap() += 1;
            pair.1.notify_all();
        }
        all.wait();
    });
}

/// `TestCondSignalStealing`: a notification goes to one who waited when it was given, 1,000 times.
#[test]
fn a_notification_is_not_taken_by_one_who_comes_later() {
    runtime(2).run(|| {
        for _ in 0..1_000 {
            let pair = Arc::new((Mutex::new(false), Condvar::new()));
            let (ready, is_ready) = chan::bounded(1);
            let first = go({
                let pair = pair.clone();
                move || {
                    let guard = pair.0.lock().unwrap();
                    ready.send(()).unwrap();
                    drop(pair.1.wait(guard).unwrap());
                }
            });
            is_ready.recv().unwrap();
            drop(pair.0.lock().unwrap()); // it waits by now
            let later = go({
                let pair = pair.clone();
                move || {
                    let mut stop = pair.0.lock().unwrap();
                    while !*stop {
                        stop = pair.1.wait(stop).unwrap();
                    }
                }
            });
            pair.1.notify_one();
            first.join().unwrap();
            *pair.0.lock().unwrap() = true;
            pair.1.notify_all();
            later.join().unwrap();
        }
    });
}

/// `TestOnce`: 10 callers, one call.
#[test]
fn ten_call_a_once_and_it_runs_once() {
    runtime(2).run(|| {
        let (once, calls) = (Arc::new(Once::new()), Arc::new(AtomicU32::new(0)));
        let all = WaitGroup::new();
        for _ in 0..10 {
            let (once, calls) = (once.clone(), calls.clone());
            all.go(move || {
                once.call_once(|| _ = calls.fetch_add(1, Relaxed));
                assert_eq!(calls.load(Relaxed), 1);
            });
        }
        all.wait();
    });
}

/// `TestWaitGroupRace`: the count falls beside the wait, 1,000 times.
#[test]
fn a_count_falls_beside_the_wait() {
    runtime(2).run(|| {
        for _ in 0..1_000 {
            let group = WaitGroup::new();
            let n = Arc::new(AtomicU32::new(0));
            for _ in 0..2 {
                let n = n.clone();
                group.go(move || _ = n.fetch_add(1, Relaxed));
            }
            group.wait();
            assert_eq!(n.load(Relaxed), 2);
        }
    });
}

/// `TestParallelReaders`: as many readers as there are, at once.
#[test]
fn readers_hold_the_lock_at_once() {
    for (readers, procs) in [(1, 4), (3, 4), (4, 2)] {
        runtime(procs).run(move || {
            let lock = Arc::new(RwLock::new(()));
            let (locked, is_locked) = chan::bounded(0);
            let (unlock, may_unlock) = chan::bounded::<()>(0);
            let all: Vec<_> = (0..readers)
                .map(|_| {
                    let (lock, locked, may_unlock) =
                        (lock.clone(), locked.clone(), may_unlock.clone());
                    go(move || {
                        let _guard = lock.read().unwrap();
                        locked.send(()).unwrap();
                        may_unlock.recv().unwrap();
                    })
                })
                .collect();
            (0..readers).for_each(|_| is_locked.recv().unwrap());
            (0..readers).for_each(|_| unlock.send(()).unwrap());
            all.into_iter().for_each(|one| one.join().unwrap());
        });
    }
}

/// `HammerRWMutex`: readers count one each and writers 10,000; no reader sees a writer, and no writer anybody.
#[test]
fn readers_and_writers_exclude_each_other() {
    const WRITER: i64 = 10_000;
    for (procs, readers) in [(1, 1), (1, 3), (1, 10), (4, 1), (4, 3), (4, 10)] {
        runtime(procs).run(move || {
            let (lock, active) = (Arc::new(RwLock::new(())), Arc::new(AtomicI64::new(0)));
            let all = WaitGroup::new();
            for i in 0..readers + 2 {
                let (lock, active) = (lock.clone(), active.clone());
                all.go(move || {
                    for _ in 0..1_000 {
                        if i < 2 {
                            let _guard = lock.write().unwrap();
                            assert_eq!(active.fetch_add(WRITER, Relaxed), 0);
                            yield_now();
                            active.fetch_sub(WRITER, Relaxed);
                        } else {
                            let _guard = lock.read().unwrap();
                            assert!(active.fetch_add(1, Relaxed) < WRITER);
                            active.fetch_sub(1, Relaxed);
                        }
                    }
                });
            }
            all.wait();
        });
    }
}

/// `TestMutexFairness`: one that holds the lock most of the time keeps nobody out: 10 tries within 10 s.
#[test]
fn one_that_holds_a_mutex_most_of_the_time_keeps_nobody_out() {
    runtime(2).run(|| {
        let (lock, stop) = (Arc::new(Mutex::new(())), Arc::new(AtomicU32::new(0)));
        let greedy = go({
            let (lock, stop) = (lock.clone(), stop.clone());
            move || {
                while stop.load(Relaxed) == 0 {
                    let _guard = lock.lock().unwrap();
                    gosched::time::sleep(Duration::from_micros(100));
                }
            }
        });
        for _ in 0..10 {
            gosched::time::sleep(Duration::from_micros(100));
            drop(lock.lock().unwrap());
        }
        stop.store(1, Relaxed);
        greedy.join().unwrap();
    });
}
