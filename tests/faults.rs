//! What the world refuses and what users get wrong, where it takes a process of its own to see it.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::cell::RefCell;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use gosched::chan::{Receiver, Sender, bounded};
use gosched::{JoinHandle, Runtime, go, yield_now};
use harness::{in_child, leave_root, limit, runtime, start};

/// Writes and reads more stack than any goroutine has.
#[inline(never)]
fn overflow(n: u64) -> u64 {
    let frame = black_box([n; 64]);
    if n == u64::MAX { 0 } else { overflow(n + 1) + frame[3] }
}

#[test]
fn an_overflowed_stack_is_named_with_its_size_and_the_remedy() {
    let child = in_child("an_overflowed_stack_is_named_with_its_size_and_the_remedy", || {
        let rt = start(Runtime::builder().procs(2).stack_size(128 * 1024));
        rt.run(|| go(|| overflow(0)).join().unwrap());
    });
    assert_eq!(child.signal, Some(libc::SIGABRT), "{child:#?}");
    assert!(child.stderr.contains("gosched: goroutine "), "{child:#?}");
    assert!(child.stderr.contains("has overflowed its stack of 128 KiB"), "{child:#?}");
    assert!(child.stderr.contains("Builder::stack_size"), "{child:#?}");
}

#[test]
fn an_overflowed_stack_of_an_ordinary_thread_is_left_to_std() {
    let child = in_child("an_overflowed_stack_of_an_ordinary_thread_is_left_to_std", || {
        let rt = runtime(1);
        let thread = thread::Builder::new().name("an ordinary one".into());
        let thread = thread.spawn(|| overflow(0)).unwrap();
        rt.run(move || thread.join().unwrap());
    });
    assert_eq!(child.signal, Some(libc::SIGABRT), "{child:#?}");
    assert!(child.stderr.contains("an ordinary one"), "{child:#?}");
    assert!(!child.stderr.contains("gosched: goroutine"), "{child:#?}");
}

#[test]
fn a_fault_that_is_no_overflow_ends_the_process_as_ever() {
    let child = in_child("a_fault_that_is_no_overflow_ends_the_process_as_ever", || {
        let rt = runtime(1);
        // SAFETY: none: this is the fault that is tested.
        rt.run(|| unsafe { black_box(black_box(64) as *mut u8).write_volatile(1) });
    });
    assert_eq!(child.signal, Some(libc::SIGSEGV), "{child:#?}");
    assert!(!child.stderr.contains("gosched:"), "{child:#?}");
}

#[test]
fn a_runtime_that_gets_no_thread_is_an_error() {
    in_child("a_runtime_that_gets_no_thread_is_an_error", || {
        leave_root();
        limit(libc::RLIMIT_NPROC, 1);
        for _ in 0..3 {
            // SAFETY: does not start.
            let error = unsafe { Runtime::builder().procs(2).start() }.unwrap_err().to_string();
            assert!(error.starts_with("cannot create a thread: "), "{error}");
        }
    })
    .succeeds();
}

#[test]
fn a_runtime_that_gets_no_more_threads_goes_on_with_those_it_has() {
    let child = in_child("a_runtime_that_gets_no_more_threads_goes_on_with_those_it_has", || {
        leave_root();
        let rt = runtime(4);
        limit(libc::RLIMIT_NPROC, 1);
        let sum: usize = rt.run(|| {
            let handles: Vec<_> = (0..1_000)
                .map(|i| {
                    go(move || {
                        yield_now();
                        i
                    })
                })
                .collect();
            // All may be done before the thread that makes others has come to try.
            std::thread::sleep(std::time::Duration::from_millis(100));
            handles.into_iter().map(|handle| handle.join().unwrap()).sum()
        });
        assert_eq!(sum, 499_500);
    });
    child.succeeds();
    let complaints = child.stderr.matches("gosched: cannot create a thread: ").count();
    assert!(complaints >= 1, "{child:#?}");
    assert!(complaints <= 3, "{complaints} complaints for 1,000 goroutines");
}

#[test]
fn a_runtime_that_ends_while_goroutines_start_others_says_nothing() {
    let child = in_child("a_runtime_that_ends_while_goroutines_start_others_says_nothing", || {
        for _ in 0..300 {
            let rt = runtime(4);
            for _ in 0..2 {
                rt.go(|| {
                    loop {
                        go(|| ());
                    }
                });
            }
            rt.run(yield_now);
        }
    });
    child.succeeds();
    assert!(!child.stderr.contains("gosched"), "{}", child.stderr);
}

/// Waits, when it is dropped, for a value and for a goroutine.
struct WaitsInDrop {
    value: Receiver<u32>,
    goroutine: Option<JoinHandle<u32>>,
    sum: Sender<u32>,
}

impl Drop for WaitsInDrop {
    fn drop(&mut self) {
        let value = self.value.recv().unwrap();
        let joined = self.goroutine.take().unwrap().join().unwrap();
        self.sum.send(value + joined).unwrap();
    }
}

thread_local! {
    static LAST: RefCell<Option<WaitsInDrop>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_waits_for_goroutines_even_in_the_destructors_of_its_thread_locals() {
    let name = "a_thread_waits_for_goroutines_even_in_the_destructors_of_its_thread_locals";
    in_child(name, || {
        let rt = runtime(2);
        for waits_before in [true, false] {
            let (tx, value) = bounded(0);
            let (sum, total) = bounded(1);
            let (ending, ended) = bounded::<()>(0);
            let late = || thread::sleep(Duration::from_millis(30));
            let goroutine = Some(rt.go(move || {
                assert!(ended.recv().is_err());
                late();
                tx.send(3).unwrap();
                late();
                4
            }));
            let first = rt.go(move || {
                late();
                1
            });
            thread::spawn(move || {
                // First, so that it is dropped last: after what this crate keeps by thread.
                LAST.set(Some(WaitsInDrop { value, goroutine, sum }));
                if waits_before {
                    assert_eq!(first.join().unwrap(), 1);
                }
                drop(ending);
            });
            assert_eq!(total.recv(), Ok(7));
        }
    })
    .succeeds();
}
