//! `Once`, `OnceLock` and `LazyLock`: std's meaning; who comes meanwhile waits, goroutines and threads alike.
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

use gosched::chan::bounded;
use gosched::sync::{LazyLock, Once, OnceLock};
use gosched::{exit, yield_now};
use harness::{message_of, runtime, settle};

#[test]
fn it_runs_once_and_all_see_what_it_did() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        for _ in 0..50 {
            let once = Arc::new((Once::new(), AtomicU32::new(0)));
            let work = |once: Arc<(Once, AtomicU32)>| {
                move || {
                    once.0.call_once(|| {
                        (0..3).for_each(|_| thread::yield_now());
                        once.1.fetch_add(1, SeqCst);
                    });
                    assert!(once.0.is_completed());
                    once.1.load(SeqCst)
                }
            };
            let goroutines: Vec<_> = (0..4).map(|_| rt.go(work(once.clone()))).collect();
            let threads: Vec<_> = (0..2).map(|_| thread::spawn(work(once.clone()))).collect();
            goroutines.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), 1));
            threads.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), 1));
        }
    }
}

/// The function itself waits; its goroutine may come back on another thread.
#[test]
fn a_function_that_waits_lets_others_wait() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let once = Arc::new(Once::new());
        let (tx, rx) = bounded(0);
        let its = once.clone();
        let runs = rt.go(move || its.call_once(|| rx.recv().unwrap()));
        settle();
        let its = once.clone();
        let waits = rt.go(move || its.wait());
        let its = once.clone();
        let calls = thread::spawn(move || its.call_once(|| panic!("it runs once")));
        settle();
        assert!(!once.is_completed() && !waits.is_finished() && !calls.is_finished());
        tx.send(()).unwrap();
        runs.join().unwrap();
        waits.join().unwrap();
        calls.join().unwrap();
    }
}

#[test]
fn a_panic_poisons_and_only_force_goes_on() {
    let rt = runtime(1);
    let once = Arc::new(Once::new());
    let its = once.clone();
    let panics = rt.go(move || its.call_once(|| panic!("first")));
    assert!(panics.join().is_err());
    assert!(!once.is_completed());
    let text = message_of(|| once.call_once(|| ()));
    assert_eq!(text, "gosched: the function of a Once panicked before");
    assert_eq!(message_of(|| once.wait()), text);
    let its = once.clone();
    let waits = rt.go(move || its.wait_force());
    settle();
    assert!(!waits.is_finished());
    once.call_once_force(|state| assert!(state.is_poisoned()));
    waits.join().unwrap();
    once.call_once(|| unreachable!("it has run"));
    Once::new().call_once_force(|state| assert!(!state.is_poisoned()));
}

/// Those who wait while the function panics: one of them runs its own, or all are told.
#[test]
fn a_panic_is_told_to_those_who_wait() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let once = Arc::new(Once::new());
        let (tx, rx) = bounded::<()>(0);
        let its = once.clone();
        let panics = rt.go(move || {
            its.call_once(|| {
                let _ = rx.recv();
                panic!("first");
            })
        });
        settle();
        let told: Vec<_> = (0..3)
            .map(|_| {
                let its = once.clone();
                rt.go(move || its.call_once(|| ()))
            })
            .collect();
        settle();
        drop(tx);
        assert!(panics.join().is_err());
        told.into_iter().for_each(|one| assert!(one.join().is_err()));
        let forced = AtomicU32::new(0);
        once.call_once_force(|_| _ = forced.fetch_add(1, SeqCst));
        assert_eq!(forced.load(SeqCst), 1);
    }
}

#[test]
fn a_function_that_exits_poisons() {
    let once = Arc::new(Once::new());
    let its = once.clone();
    let rt = runtime(1);
    let exits = rt.go(move || its.call_once(|| exit()));
    assert!(exits.join().is_err());
    assert!(message_of(|| once.call_once(|| ())).contains("panicked before"));
}

/// std leaves this open. Here it is a panic, which poisons like any other.
#[test]
fn a_function_that_calls_itself_is_told() {
    const TOLD: &str = "gosched: a function that runs once called itself";
    let recursive = || {
        let once = Once::new();
        let text = message_of(|| once.call_once(|| once.call_once(|| ())));
        assert_eq!(text, TOLD);
        assert!(message_of(|| once.call_once(|| ())).contains("panicked before"));
        let lock = OnceLock::new();
        assert_eq!(message_of(|| *lock.get_or_init(|| *lock.get_or_init(|| 1))), TOLD);
        assert_eq!(*lock.get_or_init(|| 2), 2, "the next one computes it");
    };
    recursive();
    runtime(1).run(move || {
        yield_now();
        recursive();
    });
}

#[test]
fn a_function_that_has_run_is_used_in_a_stopped_world() {
    let rt = runtime(1);
    let (once, lock) = (Once::new(), OnceLock::from(3));
    rt.stop_the_world(|_| {
        once.call_once(|| ());
        once.call_once(|| ());
        assert_eq!(*lock.wait(), 3);
        assert!(
            message_of(|| OnceLock::<u8>::new().wait().min(&0).to_string()).contains("stopped")
        );
    });
}

#[test]
fn a_once_lock_is_stds() {
    static LOCK: OnceLock<String> = OnceLock::new();
    assert!(LOCK.get().is_none());
    assert_eq!(format!("{LOCK:?}"), "OnceLock(<uninit>)");
    thread::spawn(|| assert_eq!(LOCK.get_or_init(|| String::from("a")), "a")).join().unwrap();
    assert_eq!(LOCK.get().unwrap(), "a");
    assert_eq!(LOCK.set(String::from("b")), Err(String::from("b")));
    assert_eq!(format!("{LOCK:?}"), "OnceLock(\"a\")");
    let mut lock = OnceLock::new();
    assert!(lock.get_mut().is_none());
    assert_eq!(lock.set(5), Ok(()));
    *lock.get_mut().unwrap() += 1;
    assert_eq!((lock.clone(), OnceLock::<u8>::default().take()), (OnceLock::from(6), None));
    assert_ne!(lock, OnceLock::new());
    assert_eq!(lock.take(), Some(6));
    assert_eq!((lock.get(), lock.get_or_init(|| 7)), (None, &7));
    assert_eq!(lock.into_inner(), Some(7));
}

#[test]
fn a_value_is_dropped_once() {
    let value = Arc::new(());
    drop(OnceLock::from(value.clone()));
    drop(OnceLock::<Arc<()>>::new());
    let mut lock = OnceLock::from(value.clone());
    drop(lock.take());
    drop(lock);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn who_waits_for_a_value_gets_it() {
    let rt = runtime(2);
    let lock = Arc::new(OnceLock::new());
    let its = lock.clone();
    let goroutine = rt.go(move || *its.wait());
    let its = lock.clone();
    let thread = thread::spawn(move || *its.wait());
    settle();
    // One that fails leaves it to the next.
    message_of(|| *lock.get_or_init(|| panic!("no value")));
    settle();
    assert!(!goroutine.is_finished() && !thread.is_finished());
    lock.set(4).unwrap();
    assert_eq!((goroutine.join().unwrap(), thread.join().unwrap()), (4, 4));
}

#[test]
fn a_lazy_lock_is_stds() {
    static TIMES: AtomicU32 = AtomicU32::new(0);
    static LAZY: LazyLock<u32> = LazyLock::new(|| TIMES.fetch_add(1, SeqCst) + 7);
    assert!(LazyLock::get(&LAZY).is_none());
    assert_eq!(format!("{LAZY:?}"), "LazyLock(<uninit>)");
    let rt = runtime(2);
    let all: Vec<_> = (0..8).map(|_| rt.go(|| *LAZY)).collect();
    all.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), 7));
    assert_eq!(
        (LazyLock::get(&LAZY), *LazyLock::force(&LAZY), TIMES.load(SeqCst)),
        (Some(&7), 7, 1)
    );
    assert_eq!(format!("{LAZY:?}"), "LazyLock(7)");
    let owned = String::from("a");
    let mut lazy = LazyLock::new(move || owned);
    assert!(LazyLock::get_mut(&mut lazy).is_none());
    lazy.push('b');
    LazyLock::force_mut(&mut lazy).push('c');
    LazyLock::get_mut(&mut lazy).unwrap().push('d');
    assert_eq!(*lazy, "abcd");
    assert_eq!(*LazyLock::<u8>::default(), 0);
}

#[test]
fn a_lazy_value_whose_function_panicked_is_lost() {
    let mut lazy: LazyLock<u32> = LazyLock::new(|| panic!("no value"));
    assert_eq!(message_of(|| *lazy), "no value");
    let text = "gosched: the function of a LazyLock panicked before";
    assert_eq!(message_of(|| *lazy), text);
    assert_eq!(LazyLock::get(&lazy), None);
    assert_eq!(message_of(|| *LazyLock::force_mut(&mut lazy)), text);
    assert_eq!(LazyLock::get_mut(&mut lazy), None);
}

/// What a type prints, of this crate and of std, in the states that a macro brings it to.
macro_rules! prints {
    ($name:ident::$new:ident($($value:expr),*), |$it:ident| $state:block) => {{
        let ours = {
            let $it = Arc::new(gosched::sync::$name::$new($($value),*));
            let _kept = $state;
            format!("{:?} {:#?}", $it, $it)
        };
        let $it = Arc::new(std::sync::$name::$new($($value),*));
        let _kept = $state;
        assert_eq!(ours, format!("{:?} {:#?}", $it, $it));
    }};
}

#[test]
fn all_print_as_in_std() {
    prints!(Mutex::new("a"), |_it| {});
    prints!(Mutex::new("a"), |it| { it.lock().unwrap() });
    prints!(Mutex::new("a"), |it| {
        let other = it.clone();
        thread::spawn(move || {
            let _guard = other.lock();
            panic!("poisons");
        })
        .join()
        .is_err()
    });
    prints!(RwLock::new(5), |_it| {});
    prints!(RwLock::new(5), |it| { it.read().unwrap() });
    prints!(RwLock::new(5), |it| { it.write().unwrap() });
    prints!(Once::new(), |_it| {});
    prints!(OnceLock::new(), |it| { it.set(5).is_ok() });
    prints!(OnceLock::new(), |it| { it.get().copied().unwrap_or(0) });
    prints!(LazyLock::new(|| 5), |_it| {});
    prints!(LazyLock::new(|| 5), |it| { **it });
    prints!(Condvar::new(), |_it| {});
    prints!(Barrier::new(2), |_it| {});
}
