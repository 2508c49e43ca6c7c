//! Runtimes: building, starting, several at once, nesting, ending; ordinary threads beside them.
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
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{bounded, unbounded};
use gosched::{JoinHandle, Runtime, go, yield_now};
use harness::{in_child, message, message_of, runtime, start};

#[test]
fn a_runtime_without_processors_is_refused() {
    let text = message_of(|| Runtime::builder().procs(0));
    assert_eq!(text, "gosched: a runtime needs at least one processor: procs(0)");
    assert!(message_of(|| Runtime::builder().procs(usize::MAX)).contains("at most 32767"));
}

#[test]
fn a_stack_too_small_or_too_large_is_refused() {
    for bytes in [0, 1, 64 * 1024 - 1] {
        let text = message_of(|| Runtime::builder().stack_size(bytes));
        assert!(text.starts_with("gosched: a stack has at least 65536 bytes"), "{text}");
    }
    for bytes in [(64 << 20) + 1, usize::MAX / 2 + 2, usize::MAX] {
        let text = message_of(|| Runtime::builder().stack_size(bytes));
        assert!(text.starts_with("gosched: a stack has at most 67108864 bytes"), "{text}");
    }
    for bytes in [64 * 1024, 64 * 1024 + 1, 100_000, 64 << 20] {
        assert_eq!(start(Runtime::builder().procs(1).stack_size(bytes)).run(|| 1), 1);
    }
}

#[test]
fn a_thread_name_with_nul_is_refused_and_another_is_seen() {
    assert!(message_of(|| Runtime::builder().thread_name("a\0b")).contains("NUL"));
    let rt = start(Runtime::builder().procs(1).thread_name("named"));
    let name = rt.run(|| thread::current().name().map(String::from));
    assert!(name.is_some_and(|name| name.starts_with("named")));
}

#[test]
fn there_may_be_many_more_processors_than_the_machine_has() {
    let rt = runtime(64);
    let sum: usize = rt.run(|| {
        let handles: Vec<_> = (0..1_000)
            .map(|i| {
                go(move || {
                    yield_now();
                    i
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).sum()
    });
    assert_eq!(sum, 499_500);
}

#[test]
fn threads_start_goroutines_all_at_once() {
    let rt = Arc::new(runtime(2));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let rt = rt.clone();
            thread::spawn(move || {
                let handles: Vec<_> = (0..500).map(|i| rt.go(move || i)).collect();
                handles.into_iter().map(|handle| handle.join().unwrap()).sum::<usize>()
            })
        })
        .collect();
    let sum: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, 4 * 124_750);
}

#[test]
fn threads_run_main_goroutines_all_at_once() {
    let rt = runtime(2);
    thread::scope(|scope| {
        for i in 0..8 {
            let rt = &rt;
            scope.spawn(move || {
                for j in 0..50 {
                    assert_eq!(rt.run(move || go(move || i * j).join().unwrap()), i * j);
                }
            });
        }
    });
}

#[test]
fn goroutines_go_on_after_run_has_returned() {
    let rt = runtime(2);
    let (tx, rx) = bounded(0);
    rt.run(move || {
        go(move || (0..10).for_each(|i| tx.send(i).unwrap()));
    });
    assert!(rx.iter().eq(0..10));
}

#[test]
fn two_runtimes_exchange_values() {
    let (a, b) = (runtime(2), runtime(1));
    let (to_b, from_a) = bounded(0);
    let (to_a, from_b) = bounded(0);
    let echo = b.go(move || from_a.iter().try_for_each(|i: u32| to_a.send(i + 1)));
    let sum: u32 = a.run(move || {
        (0..2_000)
            .map(|i| {
                to_b.send(i).unwrap();
                from_b.recv().unwrap()
            })
            .sum()
    });
    assert_eq!(sum, 2_001_000);
    echo.join().unwrap().unwrap();
}

#[test]
fn a_goroutine_joins_one_of_another_runtime() {
    let (a, b) = (Arc::new(runtime(1)), Arc::new(runtime(1)));
    let inner = b.clone();
    assert_eq!(a.run(move || inner.go(|| 8).join().unwrap()), 8);
    let (outer, inner) = (a.clone(), b.clone());
    let nested = a.run(move || {
        inner.run(move || {
            let handle: JoinHandle<u32> = outer.go(|| go(|| 4).join().unwrap());
            handle.join().unwrap() + 1
        })
    });
    assert_eq!(nested, 5);
}

#[test]
fn run_within_run_of_the_same_runtime_waits_as_a_goroutine() {
    let rt = Arc::new(runtime(1));
    let inner = rt.clone();
    assert_eq!(rt.run(move || inner.run(|| 6) + 1), 7);
    let inner = rt.clone();
    let text = message_of(|| rt.run(move || inner.run(|| -> u32 { panic!("at the bottom") })));
    assert_eq!(text, "at the bottom");
    while Arc::strong_count(&rt) > 1 {
        thread::yield_now(); // the goroutine that dropped its clone must not be the last owner
    }
}

fn count_threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn a_dropped_runtime_leaves_no_thread_behind() {
    in_child("a_dropped_runtime_leaves_no_thread_behind", || {
        let before = count_threads();
        for i in 0..100 {
            let rt = runtime(1 + i % 4);
            let sum: usize = rt.run(|| {
                let handles: Vec<_> = (0..20).map(|i| go(move || i)).collect();
                handles.into_iter().map(|handle| handle.join().unwrap()).sum()
            });
            assert_eq!(sum, 190);
        }
        // The kernel counts a thread a little longer than join waits for it.
        let until = Instant::now() + Duration::from_secs(10);
        while count_threads() != before && Instant::now() < until {
            thread::yield_now();
        }
        assert_eq!(count_threads(), before);
    })
    .succeeds();
}

/// Adds one when dropped.
struct CountsDrop(Arc<AtomicUsize>);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_runtime_dropped_with_goroutines_that_wait_leaks_them_and_a_late_wakeup_is_harmless() {
    let drops = Arc::new(AtomicUsize::new(0));
    for cap in [0, 1] {
        let rt = runtime(2);
        let (arrive, arrived) = unbounded();
        let (tx, rx) = bounded(cap);
        for _ in 0..10 {
            let (value, arrive, rx) = (CountsDrop(drops.clone()), arrive.clone(), rx.clone());
            rt.go(move || {
                arrive.send(()).unwrap();
                let received: Result<u32, _> = rx.recv();
                drop(value);
                received
            });
        }
        arrived.iter().take(10).for_each(drop);
        rt.run(yield_now);
        drop(rt);
        // To a receiver that will never run again, or into the buffer; either way nothing breaks.
        thread::spawn(move || {
            assert!(tx.try_send(1).is_ok() || cap == 0);
            drop(tx);
        })
        .join()
        .unwrap();
        assert_eq!(runtime(2).run(|| go(|| 3).join().unwrap()), 3);
    }
    assert_eq!(drops.load(SeqCst), 0, "a suspended goroutine's values are leaked");
}

#[test]
fn a_runtime_dropped_in_its_own_goroutine_says_so_and_goes_on() {
    let rt = Arc::new(runtime(2));
    let (tx, rx) = bounded::<u32>(0);
    let (back, result) = bounded(0);
    let other = rt.go(move || rx.iter().try_for_each(|i| back.send(i + 1)));
    let (give, take) = bounded(0);
    let owner = rt.go(move || {
        let rt: Arc<Runtime> = take.recv().unwrap();
        drop(rt);
    });
    give.send(rt).unwrap();
    let panic = owner.join().unwrap_err();
    let text = message(&*panic);
    assert_eq!(
        text,
        "gosched: a runtime was dropped in one of its own goroutines; drop it on another thread"
    );
    for i in 0..1_000 {
        tx.send(i).unwrap();
        assert_eq!(result.recv(), Ok(i + 1));
    }
    drop(tx);
    other.join().unwrap().unwrap();
    assert_eq!(runtime(1).run(|| 1), 1);
}

#[test]
fn a_runtime_may_be_dropped_in_a_goroutine_of_another() {
    let (a, b) = (runtime(1), runtime(2));
    assert_eq!(b.run(|| go(|| 2).join().unwrap()), 2);
    a.run(move || drop(b));
    assert_eq!(a.run(|| 1), 1);
}

/// An outside waker may still be in the scheduler when the goroutine it woke was the last.
#[test]
fn a_runtime_dropped_just_after_a_thread_woke_its_last_goroutine_ends() {
    let until = Instant::now() + Duration::from_secs(1);
    while Instant::now() < until {
        let rt = runtime(1);
        let (tx, rx) = bounded(0);
        let waker = thread::spawn(move || tx.send(1).unwrap());
        assert_eq!(rt.run(move || rx.recv().unwrap()), 1);
        drop(rt);
        waker.join().unwrap();
    }
}

fn cpu_time() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills it in.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) }, 0);
    // SAFETY: filled in, and zeros were valid already.
    let usage = unsafe { usage.assume_init() };
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| {
            Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
        })
        .sum()
}

#[test]
fn an_idle_runtime_takes_no_processor_time() {
    in_child("an_idle_runtime_takes_no_processor_time", || {
        let rt = runtime(4);
        let (tx, rx) = bounded::<()>(0);
        let handles: Vec<_> = (0..1_000)
            .map(|_| {
                let rx = rx.clone();
                rt.go(move || rx.recv())
            })
            .collect();
        rt.run(|| (0..100).for_each(|_| yield_now()));
        // Sleeping is right here: the time that passes is what is measured.
        thread::sleep(Duration::from_millis(200));
        let before = cpu_time();
        thread::sleep(Duration::from_millis(300));
        let used = cpu_time() - before;
        drop(tx);
        handles.into_iter().for_each(|handle| assert!(handle.join().unwrap().is_err()));
        assert!(used < Duration::from_millis(10), "{used:?} in 300 ms");
    })
    .succeeds();
}
