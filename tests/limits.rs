//! Threads that the kernel refuses, and those that the user does not want.
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
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, Sender, bounded, unbounded};
use gosched::{Runtime, blocking, go, lock_os_thread, yield_now};
use harness::{
    Child, bound_time, in_child, in_child_alone, leave_root, limit, message_of, runtime,
    soft_limit, start,
};

/// The process was not ended by the limit, which was said to hold work up, once.
#[track_caller]
fn warned_once(child: &Child, threads: &str) {
    child.succeeds();
    let says = format!(
        "gosched: goroutines wait for a thread, and Builder::max_threads allows no more than 10: \
         {threads}; they were started at tests/limits.rs:"
    );
    assert_eq!(child.stderr.matches(&says).count(), 1, "{child:#?}");
    let ends = "; the others go on when one of these threads comes back\n";
    assert_eq!(child.stderr.matches(ends).count(), 1, "{child:#?}");
    assert_eq!(child.stderr.matches("gosched: ").count(), 1, "{child:#?}");
}

/// Goroutines that keep their threads, each in its way, for ever: waits in vain for one that needs a
/// thread. The process goes on.
fn with_ten_threads(procs: usize, keep: fn()) {
    let rt = start(Runtime::builder().procs(procs).max_threads(10));
    assert_eq!(rt.stats().max_threads, 10);
    let (began, begins) = mpsc::channel();
    for _ in 0..20 {
        let began = began.clone();
        rt.go(move || {
            began.send(()).unwrap();
            keep();
        });
    }
    begins.iter().take(10).for_each(drop);
    // Not as the main goroutine, to whom a deadlock would be told.
    thread::spawn(move || {
        let ended = catch_unwind(AssertUnwindSafe(|| rt.run(|| ())));
        panic!("it ran, or was told of a deadlock: {ended:?}");
    });
    assert!(begins.recv_timeout(Duration::from_secs(2)).is_err());
}

fn blocks_for_ever() {
    loop {
        thread::park();
    }
}

/// Go's `TestThreadExhaustion`, where the process ends.
#[test]
fn more_locked_goroutines_than_threads_are_allowed_wait_for_a_thread() {
    let child =
        in_child("more_locked_goroutines_than_threads_are_allowed_wait_for_a_thread", || {
            with_ten_threads(1, || {
                let _guard = lock_os_thread();
                let (tx, rx) = bounded::<()>(0);
                rx.recv().unwrap();
                drop(tx);
            });
        });
    child.succeeds();
    let says = "allows no more than 10: 0 of these compute, 0 block in the kernel, and 10 wait with a \
                goroutine that is locked to its thread; the others";
    assert_eq!(child.stderr.matches(says).count(), 1, "{child:#?}");
    assert_eq!(child.stderr.matches("gosched: ").count(), 1, "{child:#?}");
}

const BLOCK: &str = "0 of these compute, 10 block in the kernel, and 0 wait with a goroutine that is \
                     locked to its thread";

#[test]
fn more_blocked_goroutines_than_threads_are_allowed_wait_for_a_thread() {
    let name = "more_blocked_goroutines_than_threads_are_allowed_wait_for_a_thread";
    warned_once(&in_child(name, || with_ten_threads(2, blocks_for_ever)), BLOCK);
}

#[test]
fn more_goroutines_that_say_that_they_block_than_threads_are_allowed_wait_for_a_thread() {
    let name =
        "more_goroutines_that_say_that_they_block_than_threads_are_allowed_wait_for_a_thread";
    warned_once(&in_child(name, || with_ten_threads(3, || blocking(blocks_for_ever))), BLOCK);
}

/// Each computes for so long.
fn hogs(n: usize, each: Duration, threads: usize) {
    let rt = start(Runtime::builder().procs(2).max_threads(threads));
    let hog = move || {
        let began = Instant::now();
        while began.elapsed() < each {
            std::hint::spin_loop();
        }
    };
    let all: Vec<_> = (0..n).map(|_| rt.go(hog)).collect();
    all.into_iter().for_each(|one| one.join().unwrap());
    assert!(rt.stats().threads <= threads);
}

#[test]
fn more_goroutines_that_compute_than_threads_are_allowed_take_turns() {
    let name = "more_goroutines_that_compute_than_threads_are_allowed_take_turns";
    let child = in_child(name, || {
        hogs(12, Duration::from_millis(150), 3);
        hogs(6, Duration::from_millis(150), 1);
        hogs(30, Duration::from_millis(300), 10);
    });
    child.succeeds();
    let says = "of these compute, ";
    assert!(child.stderr.matches(says).count() <= 3, "{child:#?}");
    assert_eq!(child.stderr.matches(says).count(), child.stderr.matches("gosched: ").count());
}

/// They wait for each other by std's means, of which the runtime knows nothing, and never come back.
#[test]
fn goroutines_that_wait_for_each_other_outside_the_runtime_end_nothing() {
    let name = "goroutines_that_wait_for_each_other_outside_the_runtime_end_nothing";
    let child = in_child(name, || {
        static BARRIER: std::sync::Barrier = std::sync::Barrier::new(11);
        with_ten_threads(2, || {
            BARRIER.wait();
        });
    });
    warned_once(&child, BLOCK);
}

#[test]
fn as_many_threads_as_are_allowed_may_be_kept() {
    in_child("as_many_threads_as_are_allowed_may_be_kept", || {
        let rt = start(Runtime::builder().procs(1).max_threads(10));
        let (tell, told) = unbounded();
        let (tx, rx) = bounded::<()>(0);
        for _ in 0..9 {
            let (tell, rx) = (tell.clone(), rx.clone());
            rt.go(move || {
                let _guard = lock_os_thread();
                tell.send(()).unwrap();
                rx.recv()
            });
        }
        told.iter().take(9).for_each(drop);
        for i in 0..1_000 {
            assert_eq!(rt.run(move || go(move || i).join().unwrap()), i);
        }
        assert!(rt.stats().threads <= 10);
        assert_eq!(rt.set_max_threads(10), 10);
        let text = message_of(|| rt.set_max_threads(9));
        let says = "gosched: there are 10 threads already, more than set_max_threads(9) allows";
        assert_eq!(text, says);
        assert_eq!(rt.set_max_threads(500), 10);
        assert_eq!(rt.set_max_threads(500), 500);
        drop(tx);
    })
    .succeeds();
}

#[test]
fn goroutines_that_block_in_turn_within_the_limit_go_on() {
    let name = "goroutines_that_block_in_turn_within_the_limit_go_on";
    in_child(name, || {
        start(Runtime::builder().procs(1).max_threads(2)).run(|| {
            let nap = || blocking(|| thread::sleep(Duration::from_millis(5)));
            let all: Vec<_> = (0..100).map(|_| go(nap)).collect();
            all.into_iter().for_each(|one| one.join().unwrap());
        });
    })
    .succeeds();
}

#[test]
fn locked_goroutines_that_have_all_the_threads_go_on() {
    in_child("locked_goroutines_that_have_all_the_threads_go_on", || {
        let rt = start(Runtime::builder().procs(2).max_threads(10));
        let (began, begins) = mpsc::channel();
        let all: Vec<_> = (0..10).map(|_| keeper(&rt, &began)).collect();
        begins.iter().take(10).for_each(drop);
        for n in 0..300 {
            for (put, get) in &all {
                put.send(n).unwrap();
                assert_eq!(get.recv().unwrap(), n + 1);
            }
            thread::sleep(Duration::from_millis(1));
        }
    })
    .succeeds();
}

#[test]
fn a_deadlock_is_found_where_no_thread_is_left() {
    in_child_alone("a_deadlock_is_found_where_no_thread_is_left", || {
        let rt = start(Runtime::builder().procs(1).max_threads(2));
        let text = message_of(|| {
            rt.run(|| {
                let (tx, rx) = bounded::<()>(0);
                let other = rx.clone();
                go(move || {
                    let _guard = lock_os_thread();
                    other.recv()
                });
                let _guard = lock_os_thread();
                let got = rx.recv();
                drop(tx);
                got
            })
        });
        assert!(text.starts_with("gosched: all goroutines are asleep - deadlock!"), "{text}");
    })
    .succeeds();
}

#[test]
fn impossible_numbers_of_threads_are_refused() {
    let rt = runtime(1);
    let none = "gosched: a runtime needs at least one thread: ";
    let many = "gosched: a process cannot have so many threads: ";
    assert_eq!(message_of(|| rt.set_max_threads(0)), format!("{none}set_max_threads(0)"));
    assert_eq!(message_of(|| Runtime::builder().max_threads(0)), format!("{none}max_threads(0)"));
    for n in [usize::MAX, 1 << 31] {
        let text = message_of(|| rt.set_max_threads(n));
        assert_eq!(text, format!("{many}set_max_threads({n})"));
        let text = message_of(|| Runtime::builder().max_threads(n));
        assert_eq!(text, format!("{many}max_threads({n})"));
    }
    assert_eq!(rt.set_max_threads((1 << 31) - 1), 10_000);
}

/// Goroutines that want many threads at once, and some that want none.
fn work_that_wants_threads(rt: &Runtime) {
    let sum: u64 = rt.run(|| {
        let start = |i| {
            go(move || {
                match i % 8 {
                    0 => thread::sleep(Duration::from_millis(50)),
                    1 => blocking(|| thread::sleep(Duration::from_millis(50))),
                    _ => yield_now(),
                }
                go(move || i).join().unwrap()
            })
        };
        let all: Vec<_> = (0..400).map(start).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(sum, 79_800);
}

/// What the kernel says of this process, in its own unit.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches([':', '\t', ' ', 'k', 'B']).parse().unwrap()
}

#[track_caller]
fn complained_once(child: &Child) {
    child.succeeds();
    let says = "gosched: cannot create a thread: ";
    assert_eq!(child.stderr.matches(says).count(), 1, "{child:#?}");
    assert_eq!(child.stderr.matches("; going on with those there are\n").count(), 1, "{child:#?}");
}

#[test]
fn when_threads_are_refused_halfway_the_others_do_the_work() {
    let child = in_child("when_threads_are_refused_halfway_the_others_do_the_work", || {
        leave_root();
        let rt = runtime(4);
        limit(libc::RLIMIT_NPROC, status("Threads") + 4);
        work_that_wants_threads(&rt);
    });
    complained_once(&child);
}

#[test]
fn when_memory_for_threads_is_refused_halfway_the_others_do_the_work() {
    let child =
        in_child("when_memory_for_threads_is_refused_halfway_the_others_do_the_work", || {
            // The addresses of 1,000 such stacks are reserved from the start.
            let rt = start(Runtime::builder().procs(4).stack_size(64 << 10));
            work_that_wants_threads(&runtime(1)); // whatever is made once
            limit(libc::RLIMIT_AS, (status("VmSize") << 10) + (14 << 20));
            work_that_wants_threads(&rt);
        });
    complained_once(&child);
}

/// Where one puts something, and where it comes out.
type Ends = (Sender<u64>, Receiver<u64>);

/// Starts a goroutine that keeps its thread, and passes on what it gets, plus one, until there is no
/// more; says when it has begun.
fn keeper(rt: &Runtime, began: &mpsc::Sender<()>) -> Ends {
    let (put, rx) = bounded(0);
    let (tx, get) = bounded(0);
    let began = began.clone();
    rt.go(move || {
        let _guard = lock_os_thread();
        began.send(()).unwrap();
        rx.iter().try_for_each(|n| tx.send(n + 1))
    });
    (put, get)
}

/// Starts goroutines that keep their threads until there is none for the next one; returns the ends
/// of their channels, the last one's apart, and what the limit of threads was.
fn keep_all_threads(
    rt: &Runtime,
    began: &mpsc::Sender<()>,
    begins: &mpsc::Receiver<()>,
) -> (Vec<Ends>, Ends, u64) {
    let before = soft_limit(libc::RLIMIT_NPROC, status("Threads") + 6);
    let mut keepers = Vec::new();
    loop {
        let next = keeper(rt, began);
        if begins.recv_timeout(Duration::from_secs(1)).is_err() {
            assert!((3..=10).contains(&keepers.len()), "{}", keepers.len());
            return (keepers, next, before);
        }
        keepers.push(next);
    }
}

#[test]
fn locked_goroutines_go_on_though_threads_are_refused_and_the_others_when_they_no_longer_are() {
    let name =
        "locked_goroutines_go_on_though_threads_are_refused_and_the_others_when_they_no_longer_are";
    let child = in_child(name, || {
        leave_root();
        let rt = runtime(3);
        let (began, begins) = mpsc::channel();
        let (keepers, last, before) = keep_all_threads(&rt, &began, &begins);
        // One after the other, and all at once.
        for n in 0..300 {
            for (put, get) in &keepers {
                put.send(n).unwrap();
                assert_eq!(get.recv().unwrap(), n + 1);
            }
            keepers.iter().for_each(|(put, _)| put.send(n).unwrap());
            keepers.iter().for_each(|(_, get)| assert_eq!(get.recv().unwrap(), n + 1));
        }
        assert_eq!(begins.try_recv(), Err(mpsc::TryRecvError::Empty));
        soft_limit(libc::RLIMIT_NPROC, before);
        begins.recv_timeout(Duration::from_secs(10)).unwrap();
        let (put, get) = last;
        put.send(1).unwrap();
        assert_eq!(get.recv(), Ok(2));
    });
    complained_once(&child);
}

#[test]
fn one_who_waits_for_a_thread_that_is_refused_is_in_no_deadlock() {
    static BEFORE: AtomicU64 = AtomicU64::new(0);

    /// Gives the threads back, when nobody else is awake to do so.
    extern "C" fn on_alarm(_: libc::c_int) {
        soft_limit(libc::RLIMIT_NPROC, BEFORE.load(Relaxed));
        // SAFETY: a signal's default.
        unsafe { libc::signal(libc::SIGALRM, libc::SIG_DFL) };
        bound_time(60);
    }

    let name = "one_who_waits_for_a_thread_that_is_refused_is_in_no_deadlock";
    let child = in_child_alone(name, || {
        leave_root();
        let rt = runtime(1);
        let (began, begins) = mpsc::channel();
        let (keepers, last, before) = keep_all_threads(&rt, &began, &begins);
        BEFORE.store(before, Relaxed);
        // SAFETY: the handler makes system calls only.
        unsafe { libc::signal(libc::SIGALRM, on_alarm as *const () as libc::sighandler_t) };
        bound_time(1);
        assert_eq!(rt.run(|| 7), 7);
        drop((keepers, last));
    });
    complained_once(&child);
}
