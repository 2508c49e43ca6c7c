//! Goroutines that borrow.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gosched::{Exited, chan, exit, go, scope, time, yield_now};
use harness::{message, runtime};

#[test]
fn children_borrow_and_are_waited_for() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let mut numbers = vec![1, 2, 3];
            let done = AtomicUsize::new(0);
            let sum = scope(|s| {
                for _ in 0..100 {
                    s.spawn(|| {
                        yield_now();
                        done.fetch_add(1, Relaxed);
                    });
                }
                let sum = s.spawn(|| numbers.iter().sum::<i32>());
                sum.join().unwrap()
            });
            assert_eq!(done.load(Relaxed), 100);
            numbers.push(sum);
            assert_eq!(numbers, [1, 2, 3, 6]);
        });
    }
}

#[test]
fn an_ordinary_thread_has_scopes_too() {
    let rt = runtime(2);
    let word = String::from("borrowed");
    let len = rt.scope(|s| {
        let inner = s.spawn(|| s.spawn(|| word.len()).join().unwrap());
        inner.join().unwrap()
    });
    assert_eq!(len, word.len());
}

#[test]
fn a_thousand_children_of_children() {
    runtime(2).run(|| {
        let count = AtomicUsize::new(0);
        scope(|s| {
            for _ in 0..30 {
                s.spawn(|| {
                    for _ in 0..30 {
                        s.spawn(|| count.fetch_add(1, Relaxed));
                    }
                });
            }
        });
        assert_eq!(count.load(Relaxed), 900);
    });
}

#[test]
fn a_panic_goes_to_who_joins_or_to_the_scope() {
    runtime(2).run(|| {
        let joined = scope(|s| s.spawn(|| panic!("mine")).join());
        assert_eq!(message(&*joined.unwrap_err()), "mine");
        let panic = catch_unwind(|| scope(|s| drop(s.spawn(|| panic!("nobody's"))))).unwrap_err();
        assert_eq!(message(&*panic), "gosched: a goroutine of a scope panicked");
    });
}

#[test]
fn a_scope_that_panics_waits_first() {
    runtime(2).run(|| {
        let done = AtomicUsize::new(0);
        let panic = catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                s.spawn(|| {
                    time::sleep(Duration::from_millis(10));
                    done.store(1, Relaxed);
                });
                panic!("the scope's own");
            })
        }));
        assert_eq!(message(&*panic.unwrap_err()), "the scope's own");
        assert_eq!(done.load(Relaxed), 1);
    });
}

#[test]
fn a_child_that_exits_is_no_panic_and_an_exit_waits() {
    let rt = runtime(2);
    rt.run(|| {
        let error = scope(|s| s.spawn(|| -> () { exit() }).join()).unwrap_err();
        assert!(error.is::<Exited>());
        scope(|s| drop(s.spawn(|| -> () { exit() })));
    });
    let (tx, rx) = chan::unbounded();
    let parent = rt.go(move || {
        scope(|s| {
            s.spawn(|| {
                time::sleep(Duration::from_millis(10));
                tx.send(()).unwrap();
            });
            exit();
        });
    });
    assert!(parent.join().unwrap_err().is::<Exited>());
    assert_eq!(rx.try_recv(), Ok(()));
}

#[test]
fn a_result_that_nobody_takes_is_dropped_before_the_scope_returns() {
    struct Counts<'a>(&'a AtomicUsize);
    impl Drop for Counts<'_> {
        fn drop(&mut self) {
            time::sleep(Duration::from_millis(2));
            self.0.fetch_add(1, Relaxed);
        }
    }
    runtime(2).run(|| {
        let dropped = AtomicUsize::new(0);
        scope(|s| {
            for _ in 0..10 {
                s.spawn(|| Counts(&dropped));
            }
        });
        assert_eq!(dropped.load(Relaxed), 10);
    });
}

#[test]
fn a_scope_outlives_a_stop_of_the_world() {
    let rt = runtime(2);
    let word = String::from("borrowed");
    rt.run({
        let word = word.clone();
        move || {
            scope(|s| {
                let child = s.spawn(|| (0..100).map(|_| yield_now()).count() + word.len());
                gosched::stop_the_world(|_| ());
                assert_eq!(child.join().unwrap(), 100 + word.len());
            });
        }
    });
    let panic = catch_unwind(AssertUnwindSafe(|| {
        rt.stop_the_world(|_| rt.scope(|s| drop(s.spawn(|| word.len()))));
    }));
    assert!(message(&*panic.unwrap_err()).contains("while the world is stopped"));
}

#[test]
fn a_scope_returns_though_its_runtime_ends() {
    let rt = runtime(2);
    let other = runtime(1);
    let (tx, rx) = chan::bounded::<()>(0);
    let started = AtomicUsize::new(0);
    thread::scope(|threads| {
        let parent = threads.spawn(|| {
            let word = String::from("borrowed");
            // A handle of the runtime that ends starts the children; this thread waits for them.
            rt.scope(|s| {
                let waits = s.spawn(|| {
                    started.store(1, Relaxed);
                    let _ = rx.recv();
                    word.len()
                });
                while started.load(Relaxed) == 0 {
                    thread::yield_now();
                }
                waits.join().is_err()
            })
        });
        while started.load(Relaxed) == 0 {
            thread::yield_now();
        }
        drop(tx);
        assert!(!parent.join().unwrap());
    });
    other.run(|| go(|| ()).join().unwrap());
}
