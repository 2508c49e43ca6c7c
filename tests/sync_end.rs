//! After the end of a runtime none of its goroutines has a part in a lock, a permit or a notification:
//! the next waiter that lives is served. The other waits are in `tests/end.rs`.
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
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gosched::sync::{Barrier, Condvar, Mutex, Once, RwLock, Semaphore};
use harness::{runtime, settle, waits};

#[test]
fn an_rwlock_goes_to_the_next_that_lives() {
    let lock = Arc::new(RwLock::new(0));
    let reads = lock.read().unwrap();
    let its = lock.clone();
    let rt = waits(move || *its.write().unwrap() += 1);
    // Behind the writer, though it could read beside the reader.
    let its = lock.clone();
    let reader = thread::spawn(move || *its.read().unwrap());
    settle();
    assert!(!reader.is_finished());
    drop(rt);
    assert_eq!(reader.join().unwrap(), 0, "the end of the writer lets it in");
    drop(reads);
    assert_eq!(*lock.try_write().unwrap(), 0);
}

#[test]
fn permits_go_to_the_next_that_lives() {
    let semaphore = Arc::new(Semaphore::new(2));
    let held = semaphore.acquire();
    let its = semaphore.clone();
    let rt = waits(move || drop(its.acquire_many(2)));
    let its = semaphore.clone();
    let thread = thread::spawn(move || drop(its.acquire()));
    settle();
    assert!(!thread.is_finished());
    drop(rt);
    thread.join().unwrap();
    drop(held);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn a_notification_goes_to_the_next_that_lives() {
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let wait = |pair: Arc<(Mutex<()>, Condvar)>| move || drop(pair.1.wait(pair.0.lock().unwrap()));
    let rt = waits(wait(pair.clone()));
    let thread = thread::spawn(wait(pair.clone()));
    settle();
    drop(rt);
    pair.1.notify_one();
    thread.join().unwrap();
}

#[test]
fn one_that_is_gone_has_not_come_to_a_barrier() {
    let barrier = Arc::new(Barrier::new(2));
    let its = barrier.clone();
    let rt = waits(move || {
        let _ = its.wait();
    });
    drop(rt);
    let its = barrier.clone();
    let thread = thread::spawn(move || its.wait().is_leader());
    settle();
    assert!(!thread.is_finished());
    assert!(barrier.wait().is_leader());
    assert!(!thread.join().unwrap());
}

#[test]
fn who_waits_for_a_once_goes_on_beside_one_that_is_gone() {
    let once = Arc::new(Once::new());
    let its = once.clone();
    let rt = waits(move || its.wait());
    let its = once.clone();
    let thread = thread::spawn(move || its.wait());
    settle();
    drop(rt);
    once.call_once(|| ());
    thread.join().unwrap();
}

/// What comes and the end come at any distance: nothing is left to one that is gone.
fn beside_the_end<T: Send + Sync + 'static>(
    new: fn() -> T,
    wait: fn(&T),
    give: fn(&T),
    is_whole: fn(&T) -> bool,
) {
    for i in 0..200 {
        let shared = Arc::new(new());
        let (rt, waiting) = (runtime(1), Arc::new(AtomicU32::new(0)));
        for _ in 0..3 {
            let (its, waiting) = (shared.clone(), waiting.clone());
            rt.go(move || {
                waiting.fetch_add(1, SeqCst);
                wait(&its);
            });
        }
        thread::sleep(Duration::from_micros(50));
        let its = shared.clone();
        let living = thread::spawn(move || wait(&its));
        let ends = thread::spawn(move || drop(rt));
        (0..i * 5).for_each(|_| std::hint::spin_loop());
        give(&shared);
        ends.join().unwrap();
        while !living.is_finished() {
            give(&shared);
            thread::yield_now();
        }
        living.join().unwrap();
        assert!(is_whole(&shared), "round {i}");
    }
}

#[test]
fn no_permit_is_lost_to_an_end() {
    // What the dead took before their end is one each at most, and only at a call that waits.
    beside_the_end(
        || (Semaphore::new(1), Mutex::new(false)),
        |(semaphore, _)| drop(semaphore.acquire()),
        |(semaphore, given)| {
            if !std::mem::replace(&mut *given.lock().unwrap(), true) {
                drop(semaphore.acquire());
            }
        },
        |(semaphore, _)| semaphore.available_permits() == 1,
    );
}

#[test]
fn no_lock_is_lost_to_an_end() {
    beside_the_end(
        || RwLock::new(()),
        |lock| drop(lock.write()),
        |lock| drop(lock.read()),
        |lock| lock.try_write().is_ok(),
    );
}

/// One notification: it reaches the thread, unless the goroutine lives to see it.
#[test]
fn no_notification_is_lost_to_an_end() {
    for i in 0..200 {
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        let wait = |pair: Arc<(Mutex<u32>, Condvar)>| {
            move || {
                let mut waiting = pair.0.lock().unwrap();
                *waiting += 1;
                drop(pair.1.wait(waiting));
            }
        };
        let rt = runtime(1);
        let first = rt.go(wait(pair.clone()));
        while *pair.0.lock().unwrap() < 1 {
            thread::yield_now();
        }
        let living = thread::spawn(wait(pair.clone()));
        while *pair.0.lock().unwrap() < 2 {
            thread::yield_now();
        }
        let ends = thread::spawn(move || drop(rt));
        (0..i * 5).for_each(|_| std::hint::spin_loop());
        pair.1.notify_one();
        ends.join().unwrap();
        if first.join().is_ok() {
            pair.1.notify_one(); // the first one was the goroutine's
        }
        living.join().unwrap();
    }
}
