//! `Mutex` and `WaitGroup`: std's meaning, Go's fairness, goroutines and threads together.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::bounded;
use gosched::sync::{Mutex, WaitGroup};
use gosched::{go, yield_now};
use harness::{message_of, runtime};

#[test]
fn ten_goroutines_add_a_thousand_each() {
    for procs in [1, 2, 4] {
        let total = runtime(procs).run(|| {
            let total = Arc::new(Mutex::new(0));
            let handles: Vec<_> = (0..10)
                .map(|_| {
                    let total = total.clone();
                    go(move || (0..1_000).for_each(|_| *total.lock().unwrap() += 1))
                })
                .collect();
            handles.into_iter().for_each(|handle| handle.join().unwrap());
            Arc::into_inner(total).unwrap().into_inner().unwrap()
        });
        assert_eq!(total, 10_000);
    }
}

#[test]
fn a_guard_is_held_while_others_run() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let inside = Arc::new(Mutex::new(false));
            let handles: Vec<_> = (0..8)
                .map(|_| {
                    let inside = inside.clone();
                    go(move || {
                        for _ in 0..100 {
                            let mut guard = inside.lock().unwrap();
                            assert!(!*guard, "two are inside");
                            *guard = true;
                            yield_now();
                            *guard = false;
                        }
                    })
                })
                .collect();
            handles.into_iter().for_each(|handle| handle.join().unwrap());
        });
    }
}

#[test]
fn threads_and_goroutines_exclude_each_other() {
    let rt = runtime(2);
    let total = Arc::new(Mutex::new(0));
    let add = |total: Arc<Mutex<u32>>| move || (0..2_000).for_each(|_| *total.lock().unwrap() += 1);
    let goroutines: Vec<_> = (0..3).map(|_| rt.go(add(total.clone()))).collect();
    let threads: Vec<_> = (0..3).map(|_| thread::spawn(add(total.clone()))).collect();
    goroutines.into_iter().for_each(|goroutine| goroutine.join().unwrap());
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*total.lock().unwrap(), 12_000);
}

#[test]
fn try_lock_does_not_wait() {
    let mutex = Mutex::new(1);
    let guard = mutex.try_lock().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    drop(guard);
    *mutex.try_lock().unwrap() += 1;
    assert_eq!(mutex.into_inner().unwrap(), 2);
}

#[test]
fn the_owner_of_a_mutex_needs_no_lock() {
    let mut mutex = Mutex::new(String::from("a"));
    mutex.get_mut().unwrap().push('b');
    assert_eq!(*mutex.lock().unwrap(), "ab");
    assert_eq!(Mutex::from(3).into_inner().unwrap(), 3);
    assert_eq!(Mutex::<u8>::default().into_inner().unwrap(), 0);
    assert!(format!("{mutex:?}").contains("ab"));
    let _guard = mutex.lock().unwrap();
    assert!(format!("{mutex:?}").contains("<locked>"));
}

#[test]
fn a_panic_with_the_guard_poisons_as_stds_does() {
    let rt = runtime(2);
    let mutex = Arc::new(Mutex::new(5));
    let held = mutex.clone();
    let panicked = rt.go(move || {
        let mut guard = held.lock().unwrap();
        *guard = 6;
        panic!("with the guard");
    });
    assert!(panicked.join().is_err());
    assert!(mutex.is_poisoned());
    assert_eq!(**mutex.lock().unwrap_err().get_ref(), 6);
    assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
    rt.run({
        let mutex = mutex.clone();
        move || assert_eq!(*mutex.lock().unwrap_err().into_inner(), 6)
    });
    mutex.clear_poison();
    assert_eq!(*mutex.lock().unwrap(), 6);
    let mut mutex = Arc::into_inner(mutex).unwrap();
    assert_eq!(mutex.get_mut().copied().unwrap(), 6);
}

#[test]
fn those_who_wait_for_a_poisoned_mutex_get_it_and_are_told() {
    let rt = runtime(2);
    let mutex = Arc::new(Mutex::new(0));
    let guard = mutex.lock().unwrap();
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let mutex = mutex.clone();
            rt.go(move || {
                while mutex.lock().is_ok() {
                    yield_now(); // it came before the one that panics
                }
            })
        })
        .collect();
    let held = mutex.clone();
    let panics = rt.go(move || {
        let _guard = held.lock();
        panic!("with the guard");
    });
    rt.run(yield_now);
    drop(guard);
    assert!(panics.join().is_err());
    waiting.into_iter().for_each(|waiter| waiter.join().unwrap());
    assert!(mutex.is_poisoned());
}

/// Locks a mutex in its destructor.
struct LocksInDrop(Arc<Mutex<u32>>);

impl Drop for LocksInDrop {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

#[test]
fn a_guard_taken_and_dropped_within_a_panic_does_not_poison() {
    let rt = runtime(2);
    let mutex = Arc::new(Mutex::new(0));
    let value = LocksInDrop(mutex.clone());
    let panicked = rt.go(move || {
        let _value = value;
        panic!("with a destructor that locks");
    });
    assert!(panicked.join().is_err());
    assert_eq!(*mutex.lock().unwrap(), 1);
}

/// Go's TestMutexFairness: one who locks again and again does not keep another out.
#[test]
fn nobody_is_kept_out_by_one_who_locks_again_at_once() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let mutex = Arc::new(Mutex::new(()));
        let stop = Arc::new(AtomicBool::new(false));
        let greedy = rt.go({
            let (mutex, stop) = (mutex.clone(), stop.clone());
            move || {
                while !stop.load(SeqCst) {
                    let _guard = mutex.lock().unwrap();
                    let until = Instant::now() + Duration::from_micros(100);
                    while Instant::now() < until {
                        std::hint::spin_loop();
                    }
                }
            }
        });
        let modest = rt.go(move || {
            for _ in 0..10 {
                yield_now();
                drop(mutex.lock().unwrap());
            }
        });
        modest.join().unwrap(); // or the file's time limit ends it
        stop.store(true, SeqCst);
        greedy.join().unwrap();
    }
}

#[test]
fn a_wait_group_waits_for_all_and_can_be_used_again() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let done = Arc::new(AtomicUsize::new(0));
            let wg = WaitGroup::new();
            wg.wait();
            for round in 1..=20 {
                for _ in 0..50 {
                    wg.add(1);
                    let (wg, done) = (wg.clone(), done.clone());
                    go(move || {
                        done.fetch_add(1, SeqCst);
                        wg.done();
                    });
                }
                wg.wait();
                assert_eq!(done.load(SeqCst), 50 * round);
            }
        });
    }
}

#[test]
fn all_who_wait_for_a_group_go_on() {
    let rt = runtime(2);
    let wg = WaitGroup::new();
    wg.add(2);
    let goroutines: Vec<_> = (0..5)
        .map(|_| {
            let wg = wg.clone();
            rt.go(move || wg.wait())
        })
        .collect();
    let threads: Vec<_> = (0..5)
        .map(|_| {
            let wg = wg.clone();
            thread::spawn(move || wg.wait())
        })
        .collect();
    wg.done();
    rt.run({
        let wg = wg.clone();
        move || wg.done()
    });
    goroutines.into_iter().for_each(|goroutine| goroutine.join().unwrap());
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(format!("{wg:?}").contains('0'));
}

#[test]
fn a_wait_group_that_is_done_too_often_says_so_and_stays_usable() {
    let wg = WaitGroup::new();
    let text = message_of(|| wg.done());
    assert_eq!(text, "gosched: WaitGroup::done was called more often than added");
    wg.add(usize::MAX);
    assert!(message_of(|| wg.add(1)).starts_with("gosched: a WaitGroup counts at most"));
    let wg = WaitGroup::new();
    wg.add(1);
    wg.done();
    wg.wait();
}

/// Sends in its destructor.
struct SendsInDrop(gosched::chan::Sender<thread::ThreadId>);

impl Drop for SendsInDrop {
    fn drop(&mut self) {
        self.0.send(thread::current().id()).unwrap();
    }
}

#[test]
fn a_destructor_may_wait_for_another_goroutine_during_a_panic() {
    runtime(1).run(|| {
        let (tx, rx) = bounded(0);
        let value = SendsInDrop(tx);
        let panicked = go(move || {
            let _value = value;
            panic!("with a destructor that sends");
        });
        assert!(rx.recv().is_ok());
        assert!(panicked.join().is_err());
    });
}

/// Computes until its processor was taken, then wakes somebody: all during a panic.
struct WakesLate {
    group: WaitGroup,
    moved: Arc<AtomicBool>,
}

impl Drop for WakesLate {
    fn drop(&mut self) {
        let before = thread::current().id();
        let until = Instant::now() + Duration::from_millis(60);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        self.group.done();
        // A goroutine, too, that is started meanwhile.
        go(|| ());
        self.moved.store(before != thread::current().id(), SeqCst);
    }
}

/// std counts panics by thread, so a goroutine must not change its thread while it unwinds.
#[test]
fn a_goroutine_that_panics_stays_on_its_thread_even_without_its_processor() {
    let rt = runtime(1);
    for _ in 0..3 {
        let moved = Arc::new(AtomicBool::new(false));
        rt.run({
            let moved = moved.clone();
            move || {
                let group = WaitGroup::new();
                group.add(1);
                let waiter = go({
                    let group = group.clone();
                    move || group.wait()
                });
                yield_now();
                let value = WakesLate { group, moved };
                let panicked = go(move || {
                    let _value = value;
                    panic!("with a destructor that takes its time");
                });
                // They keep the only processor wanted, and then busy.
                let stop = Arc::new(AtomicBool::new(false));
                let others: Vec<_> = (0..2)
                    .map(|_| {
                        let stop = stop.clone();
                        go(move || {
                            while !stop.load(SeqCst) {
                                assert!(!thread::panicking(), "the panic is another's");
                                yield_now();
                            }
                        })
                    })
                    .collect();
                assert!(panicked.join().is_err());
                stop.store(true, SeqCst);
                waiter.join().unwrap();
                others.into_iter().for_each(|other| other.join().unwrap());
            }
        });
        assert!(!moved.load(SeqCst));
        for _ in 0..20 {
            assert!(!rt.run(thread::panicking));
        }
    }
}

static COUNT: Mutex<u32> = Mutex::new(0);
static GROUP: WaitGroup = WaitGroup::new();

#[test]
fn a_mutex_and_a_wait_group_can_be_statics() {
    let rt = runtime(2);
    GROUP.add(4);
    for _ in 0..4 {
        rt.go(|| {
            *COUNT.lock().unwrap() += 1;
            GROUP.done();
        });
    }
    GROUP.wait();
    assert_eq!(*COUNT.lock().unwrap(), 4);
}

#[test]
fn what_std_lets_cross_an_unwinding_does_so_here() {
    fn is_unwind_safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    is_unwind_safe::<Mutex<std::cell::RefCell<u32>>>();
    is_unwind_safe::<WaitGroup>();
    is_unwind_safe::<gosched::Runtime>();
    is_unwind_safe::<gosched::JoinHandle<std::cell::RefCell<u32>>>();
    is_unwind_safe::<gosched::chan::Sender<std::cell::RefCell<u32>>>();
    is_unwind_safe::<gosched::chan::Receiver<std::cell::RefCell<u32>>>();
}
