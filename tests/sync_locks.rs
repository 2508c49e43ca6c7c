//! `RwLock` and `Condvar`: std's meaning, nobody starved, no wake-up lost; goroutines and threads together.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use gosched::sync::{Condvar, Mutex, RwLock, RwLockWriteGuard};
use gosched::{go, yield_now};
use harness::{LATE, SOON, message_of, on_both, runtime, settle};

#[test]
fn many_read_and_one_writes() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let lock = Arc::new(RwLock::new((0_u64, 0_u64)));
        let torn = Arc::new(AtomicU32::new(0));
        let all: Vec<_> = (0..8)
            .map(|i| {
                let (lock, torn) = (lock.clone(), torn.clone());
                let work = move || {
                    for _ in 0..500 {
                        if i % 4 == 0 {
                            let mut pair = lock.write().unwrap();
                            pair.0 += 1;
                            if i == 0 {
                                yield_now();
                            }
                            pair.1 += 1;
                        } else {
                            let pair = lock.read().unwrap();
                            torn.fetch_add(u32::from(pair.0 != pair.1), SeqCst);
                        }
                    }
                };
                if i < 5 { Ok(rt.go(work)) } else { Err(thread::spawn(work)) }
            })
            .collect();
        for one in all {
            match one {
                Ok(goroutine) => goroutine.join().unwrap(),
                Err(thread) => thread.join().unwrap(),
            }
        }
        assert_eq!(torn.load(SeqCst), 0, "a reader was beside a writer");
        assert_eq!(*lock.read().unwrap(), (1_000, 1_000));
    }
}

#[test]
fn readers_are_there_together() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let lock = Arc::new(RwLock::new(()));
        let inside = Arc::new(AtomicU32::new(0));
        let all: Vec<_> = (0..4)
            .map(|_| {
                let (lock, inside) = (lock.clone(), inside.clone());
                rt.go(move || {
                    let _guard = lock.read().unwrap();
                    inside.fetch_add(1, SeqCst);
                    while inside.load(SeqCst) < 4 {
                        yield_now();
                    }
                })
            })
            .collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    }
}

/// A stream of readers of which one is always there.
#[test]
fn a_writer_does_not_starve_beside_readers() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let lock = Arc::new(RwLock::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (lock, stop) = (lock.clone(), stop.clone());
                rt.go(move || {
                    while !stop.load(SeqCst) {
                        let guard = lock.read().unwrap();
                        (0..3).for_each(|_| yield_now());
                        drop(guard);
                    }
                })
            })
            .collect();
        let writer = rt.go({
            let lock = lock.clone();
            move || (0..100).for_each(|_| *lock.write().unwrap() += 1)
        });
        writer.join().unwrap(); // or the file's time limit ends it
        stop.store(true, SeqCst);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        assert_eq!(*lock.read().unwrap(), 100);
    }
}

/// Readers and writers get it in the order in which they came; readers in a row together.
#[test]
fn those_who_wait_get_it_in_their_order() {
    let rt = runtime(1);
    let lock = Arc::new(RwLock::new(String::new()));
    let guard = lock.write().unwrap();
    let readers = Arc::new(AtomicU32::new(0));
    let mut all = Vec::new();
    for name in ['a', 'r', 'r', 'b', 'r', 'c'] {
        let (lock, readers) = (lock.clone(), readers.clone());
        all.push(rt.go(move || match name {
            'r' => {
                let text = lock.read().unwrap();
                readers.fetch_add(1, SeqCst);
                yield_now();
                text.clone()
            }
            name => {
                let mut text = lock.write().unwrap();
                text.push(name);
                text.clone()
            }
        }));
        settle();
    }
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    drop(guard);
    let seen: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
    assert_eq!(seen, ["a", "a", "a", "ab", "ab", "abc"]);
}

#[test]
fn a_reader_waits_behind_a_writer_that_waits() {
    let rt = runtime(1);
    let lock = Arc::new(RwLock::new(0));
    let reads = lock.read().unwrap();
    let its = lock.clone();
    let writer = rt.go(move || *its.write().unwrap() += 1);
    settle();
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    drop(reads);
    writer.join().unwrap();
    assert_eq!(*lock.try_read().unwrap(), 1);
}

#[test]
fn a_writer_becomes_a_reader_and_lets_readers_in() {
    let rt = runtime(2);
    let lock = Arc::new(RwLock::new(0));
    let mut writes = lock.write().unwrap();
    let its = lock.clone();
    let reader = rt.go(move || *its.read().unwrap());
    settle();
    *writes = 7;
    let reads = RwLockWriteGuard::downgrade(writes);
    assert_eq!(reader.join().unwrap(), 7);
    assert!(lock.try_write().is_err());
    assert_eq!((*reads, *lock.try_read().unwrap()), (7, 7));
    drop(reads);
    assert!(lock.try_write().is_ok());
}

#[test]
fn a_panic_of_a_writer_poisons_and_one_of_a_reader_does_not() {
    let rt = runtime(1);
    let lock = Arc::new(RwLock::new(5));
    let its = lock.clone();
    let reader = rt.go(move || {
        let _guard = its.read();
        panic!("a reader");
    });
    assert!(reader.join().is_err());
    assert!(!lock.is_poisoned());
    let its = lock.clone();
    let writer = rt.go(move || {
        *its.write().unwrap() = 6;
        let _guard = its.write();
        panic!("a writer");
    });
    assert!(writer.join().is_err());
    assert!(lock.is_poisoned());
    assert_eq!(**lock.read().unwrap_err().get_ref(), 6);
    assert_eq!(**lock.write().unwrap_err().get_ref(), 6);
    assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
    lock.clear_poison();
    assert_eq!(*lock.read().unwrap(), 6);
}

#[test]
fn the_owner_of_an_rwlock_needs_no_lock() {
    static LOCK: RwLock<u32> = RwLock::new(1);
    *LOCK.write().unwrap() += 1;
    assert_eq!(*LOCK.read().unwrap(), 2);
    let mut lock = RwLock::from(String::from("a"));
    lock.get_mut().unwrap().push('b');
    assert_eq!(format!("{lock:?}"), "RwLock { data: \"ab\", poisoned: false, .. }");
    assert_eq!(lock.read().unwrap().to_string(), "ab");
    let guard = lock.write().unwrap();
    assert!(format!("{lock:?}").contains("<locked>"));
    assert_eq!(format!("{guard:?} {guard}"), "\"ab\" ab");
    drop(guard);
    assert_eq!(lock.into_inner().unwrap(), "ab");
    assert_eq!(*RwLock::<u8>::default().read().unwrap(), 0);
    let slice: &RwLock<[u8]> = &RwLock::new([1, 2]);
    assert_eq!(slice.read().unwrap().len(), 2);
}

/// A bounded queue with two conditions, used by many: no wake-up may be lost.
struct Queue {
    items: Mutex<VecDeque<u32>>,
    not_empty: Condvar,
    not_full: Condvar,
}

impl Queue {
    fn put(&self, item: u32) {
        let mut items =
            self.not_full.wait_while(self.items.lock().unwrap(), |q| q.len() >= 2).unwrap();
        items.push_back(item);
        drop(items);
        self.not_empty.notify_one();
    }

    fn take(&self) -> u32 {
        let mut items = self.items.lock().unwrap();
        loop {
            if let Some(item) = items.pop_front() {
                self.not_full.notify_one();
                return item;
            }
            items = self.not_empty.wait(items).unwrap();
        }
    }
}

#[test]
fn no_wake_up_is_lost_in_a_storm() {
    const EACH: u32 = 3_000;
    for procs in [1, 2] {
        let rt = runtime(procs);
        let queue = Arc::new(Queue {
            items: Mutex::default(),
            not_empty: Condvar::new(),
            not_full: Condvar::default(),
        });
        let put = |queue: Arc<Queue>| move || (1..=EACH).for_each(|i| queue.put(i));
        let take =
            |queue: Arc<Queue>| move || (0..EACH).map(|_| u64::from(queue.take())).sum::<u64>();
        let putters: Vec<_> = (0..4).map(|_| rt.go(put(queue.clone()))).collect();
        let takers: Vec<_> = (0..4).map(|_| rt.go(take(queue.clone()))).collect();
        let threads = (thread::spawn(put(queue.clone())), thread::spawn(take(queue.clone())));
        putters.into_iter().for_each(|one| one.join().unwrap());
        threads.0.join().unwrap();
        let sum: u64 = takers.into_iter().map(|one| one.join().unwrap()).sum();
        let sum = sum + threads.1.join().unwrap();
        assert_eq!(sum, 5 * u64::from(EACH) * u64::from(EACH + 1) / 2);
    }
}

/// golang/go#14064: those who wait are woken in the order in which they came.
#[test]
fn those_who_wait_are_notified_in_their_order() {
    let rt = runtime(1);
    let pair = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
    let all: Vec<_> = (0..5)
        .map(|i| {
            let pair = pair.clone();
            let one = rt.go(move || {
                let (order, condvar) = &*pair;
                condvar.wait(order.lock().unwrap()).unwrap().push(i);
            });
            settle();
            one
        })
        .collect();
    for n in 1..=5 {
        pair.1.notify_one();
        while pair.0.lock().unwrap().len() < n {
            thread::yield_now();
        }
    }
    all.into_iter().for_each(|one| one.join().unwrap());
    assert_eq!(*pair.0.lock().unwrap(), [0, 1, 2, 3, 4]);
}

/// Two who wait for each other in turn: all are woken, and wait again at once.
#[test]
fn to_notify_all_wakes_each_once() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let pair = Arc::new((Mutex::new((0, 0)), Condvar::new()));
        const WAITERS: u32 = 6;
        let all: Vec<_> = (0..WAITERS)
            .map(|_| {
                let pair = pair.clone();
                rt.go(move || {
                    for round in 1..=50 {
                        let mut state = pair.0.lock().unwrap();
                        state.1 += 1;
                        while state.0 < round {
                            state = pair.1.wait(state).unwrap();
                        }
                    }
                })
            })
            .collect();
        for round in 1..=50 {
            while pair.0.lock().unwrap().1 < round * WAITERS {
                thread::yield_now();
            }
            pair.0.lock().unwrap().0 = round;
            pair.1.notify_all();
        }
        all.into_iter().for_each(|one| one.join().unwrap());
    }
}

#[test]
fn a_notification_that_nobody_waits_for_is_not_kept() {
    let rt = runtime(2);
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    pair.1.notify_one();
    pair.1.notify_all();
    let its = pair.clone();
    let waits = rt.go(move || drop(its.1.wait(its.0.lock().unwrap())));
    settle();
    assert!(!waits.is_finished());
    pair.1.notify_one();
    waits.join().unwrap();
}

/// Guards of two mutexes wait at one condition variable: each takes its own again.
#[test]
fn each_waiter_takes_its_own_mutex_again() {
    let rt = runtime(2);
    let all = Arc::new(([Mutex::new(1), Mutex::new(2)], Condvar::new()));
    let waiters: Vec<_> = [0, 1]
        .map(|i| {
            let all = all.clone();
            rt.go(move || {
                let mut guard = all.1.wait(all.0[i].lock().unwrap()).unwrap();
                assert!(all.0[i].try_lock().is_err());
                *guard *= 10;
            })
        })
        .into();
    settle();
    let held = all.0[1].lock().unwrap();
    all.1.notify_all();
    let mut waiters = waiters.into_iter();
    waiters.next().unwrap().join().unwrap();
    assert_eq!(*all.0[0].lock().unwrap(), 10);
    drop(held);
    waiters.next().unwrap().join().unwrap();
    assert_eq!(*all.0[1].lock().unwrap(), 20);
}

#[test]
fn a_wait_tells_that_the_mutex_was_poisoned_meanwhile() {
    let rt = runtime(1);
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let its = pair.clone();
    let waits = rt.go(move || its.1.wait(its.0.lock().unwrap()).is_err());
    settle();
    let its = pair.clone();
    let panics = rt.go(move || {
        let _guard = its.0.lock();
        its.1.notify_one();
        panic!("with the mutex");
    });
    assert!(panics.join().is_err());
    assert!(waits.join().unwrap());
    pair.0.clear_poison();
    let guard = pair.0.lock().unwrap();
    assert!(pair.1.wait_while(guard, |_| false).is_ok());
}

#[test]
fn a_wait_in_a_stopped_world_is_refused_and_holds_nothing() {
    let rt = runtime(1);
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let text = message_of(|| rt.stop_the_world(|_| drop(condvar.wait(mutex.lock().unwrap()))));
    assert!(text.contains("a wait while the world is stopped"), "{text}");
    assert!(mutex.is_poisoned() && !matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    let lock = RwLock::new(());
    let guard = lock.write().unwrap();
    let text = message_of(|| rt.stop_the_world(|_| drop(lock.read())));
    assert!(text.contains("a wait while the world is stopped"), "{text}");
    drop(guard);
    assert!(lock.try_write().is_ok(), "nobody was left in the queue");
}

/// A destructor that waits for a notification while its goroutine unwinds.
#[test]
fn one_may_wait_for_a_notification_during_a_panic() {
    struct Waits(Arc<(Mutex<bool>, Condvar)>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let guard = self.0.0.lock().unwrap();
            drop(self.0.1.wait_while(guard, |ready| !*ready));
        }
    }
    runtime(1).run(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let its = Waits(pair.clone());
        let panics = go(move || {
            let _its = its;
            std::panic::resume_unwind(Box::new("unwinds"));
        });
        yield_now();
        *pair.0.lock().unwrap() = true;
        pair.1.notify_all();
        assert!(panics.join().is_err());
        assert!(!pair.0.is_poisoned());
    });
}

#[test]
fn a_wait_ends_when_its_time_is_up() {
    on_both(|| {
        let (mutex, condvar) = (Mutex::new(0), Condvar::new());
        let start = Instant::now();
        let (guard, result) = condvar.wait_timeout(mutex.lock().unwrap(), SOON).unwrap();
        assert!(result.timed_out() && start.elapsed() >= SOON);
        assert!(mutex.try_lock().is_err(), "the mutex is the caller's again");
        // Zero, and a condition that is false: neither waits.
        let (guard, result) = condvar.wait_timeout(guard, Duration::ZERO).unwrap();
        assert!(result.timed_out());
        let (guard, result) = condvar.wait_timeout_while(guard, LATE, |n| *n != 0).unwrap();
        assert!(!result.timed_out());
        let (guard, result) = condvar.wait_timeout_while(guard, SOON, |n| *n == 0).unwrap();
        assert!(result.timed_out());
        drop(guard);
        assert!(start.elapsed() < LATE);
    });
}

#[test]
fn a_wait_ends_by_its_notification_before_its_time() {
    let rt = runtime(2);
    for time in [LATE, Duration::MAX] {
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        let wait = |pair: Arc<(Mutex<u32>, Condvar)>| {
            move || {
                let guard = pair.0.lock().unwrap();
                let waited = pair.1.wait_timeout_while(guard, time, |n| *n == 0);
                waited.unwrap().1.timed_out()
            }
        };
        let (goroutine, thread) = (rt.go(wait(pair.clone())), thread::spawn(wait(pair.clone())));
        settle();
        pair.1.notify_all(); // for nothing: they wait on
        settle();
        *pair.0.lock().unwrap() = 1;
        pair.1.notify_all();
        assert!(!goroutine.join().unwrap() && !thread.join().unwrap());
    }
}

/// Tokens are counted, so a notification that went to one whose time was up would be missed.
#[test]
fn no_notification_is_lost_to_one_whose_time_is_up() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let pair = Arc::new((Mutex::new(0_u32), Condvar::new()));
        let takes = |pair: Arc<(Mutex<u32>, Condvar)>, time: Option<Duration>| {
            move || {
                let mut taken = 0;
                while taken < 200 {
                    let mut tokens = pair.0.lock().unwrap();
                    while *tokens == 0 {
                        tokens = match time {
                            None => pair.1.wait(tokens).unwrap(),
                            Some(time) => pair.1.wait_timeout(tokens, time).unwrap().0,
                        };
                    }
                    *tokens -= 1;
                    taken += 1;
                }
            }
        };
        let times = [None, Some(Duration::from_micros(50)), None, Some(Duration::from_micros(200))];
        let mut takers = Vec::new();
        for time in times {
            takers.push(rt.go(takes(pair.clone(), time)));
        }
        let thread = thread::spawn(takes(pair.clone(), Some(Duration::from_micros(100))));
        for i in 0..5 * 200 {
            *pair.0.lock().unwrap() += 1;
            pair.1.notify_one();
            if i % 7 == 0 {
                thread::sleep(Duration::from_micros(60));
            }
        }
        takers.into_iter().for_each(|taker| taker.join().unwrap());
        thread.join().unwrap();
        assert_eq!(*pair.0.lock().unwrap(), 0);
    }
}

#[test]
fn a_timed_wait_tells_that_the_mutex_was_poisoned_meanwhile() {
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let its = pair.clone();
    let waits = thread::spawn(move || {
        let error = its.1.wait_timeout(its.0.lock().unwrap(), LATE).unwrap_err();
        error.get_ref().1.timed_out()
    });
    settle();
    let its = pair.clone();
    let panics = thread::spawn(move || {
        let _guard = its.0.lock();
        its.1.notify_all();
        std::panic::resume_unwind(Box::new("with the mutex"));
    });
    assert!(panics.join().is_err());
    assert!(!waits.join().unwrap());
}
