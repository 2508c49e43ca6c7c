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

use std::mem::{MaybeUninit, forget};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gosched::chan::{bounded, unbounded};
use gosched::{JoinHandle, blocking, go, lock_os_thread, stop_the_world, yield_now};
use harness::{in_child, in_child_alone, message, message_of, runtime, until};

/// The kernel's number of this thread.
#[inline(never)]
fn this_thread() -> i32 {
    // SAFETY: asks only.
    unsafe { libc::gettid() }
}

fn lives(thread: i32) -> bool {
    Path::new(&format!("/proc/self/task/{thread}")).exists()
}

/// Go's `TestYieldLocked`: one that is locked yields, and ends locked.
#[test]
fn a_locked_goroutine_yields_and_ends_locked() {
    let rt = runtime(2);
    rt.run(|| {
        let (done, ended) = bounded(0);
        go(move || {
            forget(lock_os_thread());
            let thread = this_thread();
            for _ in 0..10 {
                yield_now();
                assert_eq!(this_thread(), thread);
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
        let (tx, rx) = bounded(0);
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

#[test]
fn a_locked_goroutine_waits_in_every_way_and_stays_on_its_thread() {
    for procs in [1, 4] {
        runtime(procs).run(|| {
            let others: Vec<_> =
                (0..4).map(|_| go(|| (0..300).for_each(|_| yield_now()))).collect();
            let locked = go(|| {
                let _guard = lock_os_thread();
                let thread = this_thread();
                let (tx, rx) = bounded(0);
                for i in 0..50 {
                    let tx = tx.clone();
                    let child = go(move || {
                        tx.send(i).unwrap();
                        this_thread()
                    });
                    yield_now();
                    assert_eq!(rx.recv(), Ok(i));
                    assert_ne!(child.join().unwrap(), thread, "another goroutine on the thread");
                    blocking(|| thread::sleep(Duration::from_micros(50)));
                    stop_the_world(|_| ());
                    assert_eq!(this_thread(), thread);
                }
            });
            locked.join().unwrap();
            others.into_iter().for_each(|other| other.join().unwrap());
        });
    }
}

/// Go's `TestLockOSThreadNesting`.
#[test]
fn a_goroutine_stays_locked_until_its_last_guard_goes() {
    let rt = runtime(1);
    rt.run(|| {
        let child = || go(this_thread).join().unwrap();
        let thread = this_thread();
        let guards = [(); 3].map(|()| lock_os_thread());
        assert_ne!(child(), thread);
        for guard in guards {
            assert_eq!(this_thread(), thread);
            assert_ne!(child(), thread);
            drop(guard); // the first to be made is the first to go
        }
        until("an unlocked thread runs others", || child() == this_thread());
    });
}

/// Go's `TestLockOSThreadExit`.
#[test]
fn a_goroutine_that_ends_locked_ends_its_thread() {
    let rt = runtime(1);
    let before = rt.stats().threads;
    for _ in 0..20 {
        let ends = || {
            forget(lock_os_thread());
            this_thread()
        };
        let thread = rt.go(ends).join().unwrap();
        until("the thread ends", || !lives(thread));
        assert_eq!(rt.run(|| 5), 5);
    }
    assert!(rt.stats().threads <= before + 1);
}

#[test]
fn a_goroutine_that_ends_unlocked_leaves_its_thread_alive() {
    let rt = runtime(1);
    let unlocks = || {
        drop(lock_os_thread());
        this_thread()
    };
    let thread = rt.go(unlocks).join().unwrap();
    rt.run(yield_now);
    assert!(lives(thread));
}

#[test]
fn a_goroutine_that_panics_while_locked_is_unlocked_and_its_thread_lives() {
    let rt = runtime(1);
    let (tell, told) = bounded(1);
    let panics = move || {
        let _guard = lock_os_thread();
        tell.send(this_thread()).unwrap();
        yield_now();
        panic!("while locked");
    };
    let panic = rt.go(panics).join().unwrap_err();
    assert_eq!(message(&*panic), "while locked");
    let thread = told.recv().unwrap();
    // Each keeps a thread, so that the others' turn comes.
    let (hold, held) = bounded::<()>(0);
    until("the thread runs others", || {
        let (held, (tell, told)) = (held.clone(), bounded(1));
        rt.go(move || {
            let _guard = lock_os_thread();
            tell.send(this_thread()).unwrap();
            held.recv()
        });
        told.recv().unwrap() == thread
    });
    drop(hold);
}

#[test]
fn locking_outside_a_goroutine_says_so() {
    let text =
        "gosched: lock_os_thread was called outside a goroutine; start one with Runtime::run";
    assert_eq!(message_of(lock_os_thread), text);
}

/// What a new thread has from the one that made it: its directory, its signal mask, its timer slack.
fn state() -> (std::path::PathBuf, bool, i32) {
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: changes nothing, and fills the mask in.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), mask.as_mut_ptr()) };
    // SAFETY: it was filled in.
    let blocked = unsafe { libc::sigismember(mask.as_ptr(), libc::SIGUSR2) } == 1;
    // SAFETY: asks only.
    let slack = unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
    // What std gives is this thread's own.
    (std::env::current_dir().unwrap(), blocked, slack)
}

/// Changes all that for this thread alone.
fn change_state() {
    // SAFETY: the thread gets a directory of its own.
    assert_eq!(unsafe { libc::unshare(libc::CLONE_FS) }, 0);
    std::env::set_current_dir("/proc").unwrap();
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: fills the mask in.
    unsafe { libc::sigemptyset(mask.as_mut_ptr()) };
    // SAFETY: it was filled in.
    unsafe { libc::sigaddset(mask.as_mut_ptr(), libc::SIGUSR2) };
    // SAFETY: blocks one signal in this thread.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, mask.as_ptr(), std::ptr::null_mut()) };
    // SAFETY: passes a number.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 77_777) }, 0);
    assert!(state().1);
}

/// Go's `TestLockOSThreadAvoidsStatePropagation`.
#[test]
fn what_a_locked_goroutine_does_to_its_thread_is_not_passed_on_to_new_threads() {
    in_child("what_a_locked_goroutine_does_to_its_thread_is_not_passed_on_to_new_threads", || {
        std::env::set_current_dir("/").unwrap();
        let rt = runtime(1);
        let before = state();
        let expected = before.clone();
        rt.run(move || {
            forget(lock_os_thread());
            change_state();
            // Each blocks until all are there, so each needs a thread of its own.
            const N: usize = 20;
            let barrier = Arc::new(std::sync::Barrier::new(N));
            let start = |i| {
                let barrier = barrier.clone();
                go(move || {
                    let found = state();
                    if i % 2 == 0 {
                        blocking(|| barrier.wait());
                    } else {
                        barrier.wait();
                    }
                    (this_thread(), found)
                })
            };
            let all: Vec<_> = (0..N).map(start).collect();
            let mut threads = vec![this_thread()];
            for one in all {
                let (thread, found) = one.join().unwrap();
                assert!(!threads.contains(&thread));
                assert_eq!(found, expected);
                threads.push(thread);
            }
        });
        // Its thread has ended by now, and was replaced.
        for _ in 0..20 {
            assert_eq!(rt.run(|| go(state).join().unwrap()), before);
        }
    })
    .succeeds();
}

/// Go's `TestLockOSThreadTemplateThreadRace`.
#[test]
fn threads_are_made_for_locked_goroutines_while_the_world_stops_all_the_time() {
    for _ in 0..20 {
        let rt = runtime(4);
        let over = Arc::new(AtomicBool::new(false));
        let seen = over.clone();
        let stopper = rt.go(move || {
            while !seen.load(SeqCst) {
                stop_the_world(|_| ());
            }
        });
        let locker = || {
            rt.go(|| {
                for _ in 0..10 {
                    let guard = lock_os_thread();
                    go(yield_now).join().unwrap();
                    yield_now();
                    drop(guard);
                }
                forget(lock_os_thread());
            })
        };
        let lockers = [locker(), locker()];
        lockers.into_iter().for_each(|locker| locker.join().unwrap());
        over.store(true, SeqCst);
        stopper.join().unwrap();
    }
}

#[test]
fn locked_goroutines_wake_each_other() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let sum: u64 = rt.run(|| {
            const N: u64 = 8;
            let (first, mut input) = bounded(0);
            let stages: Vec<JoinHandle<i32>> = (0..N)
                .map(|_| {
                    let (tx, next) = bounded(0);
                    let rx = std::mem::replace(&mut input, next);
                    go(move || {
                        let _guard = lock_os_thread();
                        rx.iter().for_each(|i: u64| tx.send(i + 1).unwrap());
                        this_thread()
                    })
                })
                .collect();
            go(move || (0..100).for_each(|i| first.send(i).unwrap()));
            let sum = input.iter().sum();
            let mut threads: Vec<_> = stages.into_iter().map(|one| one.join().unwrap()).collect();
            threads.sort_unstable();
            threads.dedup();
            assert_eq!(threads.len() as u64, N, "each had a thread of its own");
            sum
        });
        assert_eq!(sum, (0..100).map(|i| i + 8).sum());
    }
}

/// Go's `TestLockedDeadlock` and `TestLockedDeadlock2`.
#[test]
fn a_deadlock_of_locked_goroutines_is_reported() {
    in_child_alone("a_deadlock_of_locked_goroutines_is_reported", || {
        let rt = runtime(2);
        let text = message_of(|| {
            rt.run(|| {
                forget(lock_os_thread());
                let (tx, rx) = bounded::<()>(0);
                let other = rx.clone();
                go(move || {
                    forget(lock_os_thread());
                    other.recv()
                });
                let received = rx.recv();
                drop(tx);
                received
            })
        });
        assert!(text.starts_with("gosched: all goroutines are asleep - deadlock!"), "{text}");
        assert_eq!(rt.run(|| go(|| 4).join().unwrap()), 4);
    })
    .succeeds();
}

#[test]
fn a_runtime_dropped_while_locked_goroutines_wait_ends_their_threads() {
    for procs in [1, 3] {
        let rt = runtime(procs);
        let (tell, told) = unbounded();
        let (tx, rx) = bounded::<()>(0);
        for i in 0..10 {
            let (tell, rx) = (tell.clone(), rx.clone());
            rt.go(move || {
                forget(lock_os_thread());
                tell.send(this_thread()).unwrap();
                if i % 2 == 0 {
                    while rx.try_recv().is_err() {
                        yield_now(); // for ever: it waits for its turn, or has it
                    }
                }
                rx.recv()
            });
        }
        let threads: Vec<_> = told.iter().take(10).collect();
        drop(rt);
        until("the threads end", || !threads.iter().any(|&thread| lives(thread)));
        drop(tx); // a late wakeup is harmless
    }
}
