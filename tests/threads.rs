//! Goroutines that are locked to their thread, and what becomes of threads.
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

use std::thread;
use std::time::{Duration, Instant};

use gosched::{chan, go, lock_os_thread, yield_now};
use harness::runtime;

/// Go's `TestYieldLocked`: one that is locked yields, and ends locked.
#[test]
fn a_locked_goroutine_yields_and_ends_locked() {
    let rt = runtime(2);
    rt.run(|| {
        let (done, ended) = chan::bounded(0);
        go(move || {
            std::mem::forget(lock_os_thread());
            let thread = thread::current().id();
            for _ in 0..10 {
                yield_now();
                assert_eq!(thread::current().id(), thread);
            }
            done.send(()).unwrap();
        });
        ended.recv().unwrap();
    });
}

/// Go's `TestBlockLocked`.
#[test]
fn a_locked_goroutine_blocks_on_channels() {
    let rt = runtime(2);
    rt.run(|| {
        let (tx, rx) = chan::bounded(0);
        let locked = go(move || {
            let _guard = lock_os_thread();
            for i in 0..10 {
                tx.send(i).unwrap();
            }
        });
        for i in 0..10 {
            assert_eq!(rx.recv().unwrap(), i);
        }
        locked.join().unwrap();
    });
}

/// Go's `TestLockOSThreadExit`, its second half.
#[test]
fn a_goroutine_that_ends_locked_ends_its_thread() {
    let rt = runtime(1);
    let before = rt.stats().threads;
    let tid = rt
        .go(|| {
            std::mem::forget(lock_os_thread());
            // SAFETY: asks only.
            unsafe { libc::gettid() }
        })
        .join()
        .unwrap();
    let task = format!("/proc/self/task/{tid}");
    let start = Instant::now();
    while std::path::Path::new(&task).exists() {
        assert!(start.elapsed() < Duration::from_secs(10), "the thread lives");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(rt.run(|| 5), 5);
    assert!(rt.stats().threads <= before + 1);
}
