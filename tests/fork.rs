//! Processes that are forked while a runtime runs.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{bounded, unbounded};
use gosched::sync::{Mutex, WaitGroup};
use gosched::{JoinHandle, Runtime, go, try_go, yield_now};
use harness::{in_child, message_of, runtime, start};

/// All that a child is ever told.
const GONE: &str = "gosched: this process was forked from one whose runtime was running; \
                    its threads are gone: exec a program, or start a new runtime";

/// How a forked process ended: 0 if its body returned, the signal's number negative if one ended it.
type Ended = i32;

/// Forks: the child runs `body` and ends, the parent waits for it.
fn fork(body: impl FnOnce()) -> Ended {
    // SAFETY: the child keeps to what is tested.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: a child that hangs is ended by the kernel.
        unsafe { libc::alarm(20) };
        let code = i32::from(catch_unwind(AssertUnwindSafe(body)).is_err());
        // SAFETY: ends the process.
        unsafe { libc::_exit(code) };
    }
    wait(pid)
}

/// After a fork: the child ends once its only thread is this one, and the parent sees that.
fn end_alone(pid: i32) {
    if pid != 0 {
        return assert_eq!(wait(pid), 0);
    }
    // SAFETY: a child that hangs is ended by the kernel.
    unsafe { libc::alarm(20) };
    // Threads of its own that were joined may not be quite gone; one that was started is there.
    while std::fs::read_dir("/proc/self/task").unwrap().count() != 1 {
        thread::yield_now();
    }
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) };
}

fn wait(pid: i32) -> Ended {
    let mut status = 0;
    // SAFETY: waits for a child of this test.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    if libc::WIFSIGNALED(status) { -libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) }
}

/// A runtime as good as any other.
fn works(rt: &Runtime) {
    let sum: usize = rt.run(|| {
        let (tx, rx) = bounded(1);
        for i in 0..100 {
            let tx = tx.clone();
            go(move || {
                yield_now();
                tx.send(i)
            });
        }
        drop(tx);
        rx.iter().sum()
    });
    assert_eq!(sum, 4950);
}

/// Goroutines that are made, wait, wake each other and end, until they are told to stop.
///
/// They have run for a while when this returns, so that threads were started for them: one that
/// starts, or ends, has a lock of std's, without which a child forked just then can start none.
fn traffic(rt: &Runtime) -> (Arc<AtomicBool>, Vec<JoinHandle<()>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let handles = (0..4).map(|_| {
        let stop = stop.clone();
        rt.go(move || {
            while !stop.load(SeqCst) {
                let (tx, rx) = bounded(0);
                let senders: Vec<_> = (0..8).map(|i| (i, tx.clone())).collect();
                for (i, tx) in senders {
                    go(move || tx.send(i).unwrap());
                }
                drop(tx);
                assert_eq!(rx.iter().sum::<u32>(), 28);
            }
        })
    });
    let handles = handles.collect();
    thread::sleep(Duration::from_millis(20));
    (stop, handles)
}

#[test]
fn a_child_of_a_thread_is_told_and_starts_a_runtime_of_its_own() {
    in_child("a_child_of_a_thread_is_told_and_starts_a_runtime_of_its_own", || {
        let rt = runtime(2);
        let (stop, busy) = traffic(&rt);
        let (never, rx) = bounded::<u32>(4);
        let mut kept = Some((rt, rx, never));
        for _ in 0..20 {
            let waiting = kept.as_ref().unwrap().0.go(yield_now);
            let ended = fork(|| {
                let (rt, rx, never) = kept.take().unwrap();
                assert_eq!(message_of(|| rt.run(|| 1)), GONE);
                assert_eq!(message_of(|| rt.go(|| 1)), GONE);
                assert_eq!(message_of(|| rt.set_procs(1)), GONE);
                assert_eq!(message_of(|| rt.stop_the_world(|_| ())), GONE);
                assert_eq!(message_of(|| rt.release_memory()), GONE);
                never.send(7).unwrap();
                assert_eq!(rx.recv(), Ok(7), "what needs nobody else works");
                assert_eq!(message_of(|| rx.recv()), GONE);
                drop(rt);
                let own = runtime(2);
                works(&own);
                assert_eq!(own.run(|| go(|| 5).join().unwrap()), 5);
            });
            assert_eq!(ended, 0);
            waiting.join().unwrap();
        }
        stop.store(true, SeqCst);
        busy.into_iter().for_each(|handle| handle.join().unwrap());
        works(&kept.unwrap().0);
    })
    .succeeds();
}

#[test]
fn a_child_of_a_goroutine_is_told_and_goes_on_as_a_thread() {
    in_child("a_child_of_a_goroutine_is_told_and_goes_on_as_a_thread", || {
        let rt = Arc::new(runtime(2));
        let (stop, busy) = traffic(&rt);
        for _ in 0..20 {
            let old = rt.clone();
            let ended = rt.run(move || {
                let (never, rx) = bounded::<u32>(1);
                let unfinished = go({
                    let rx = rx.clone();
                    move || rx.recv()
                });
                yield_now();
                let held = Mutex::new(1);
                let guard = held.lock().unwrap();
                let wg = WaitGroup::new();
                wg.add(1);
                let mut unfinished = Some(unfinished);
                let ended = fork(|| {
                    assert_eq!(message_of(yield_now), GONE);
                    assert_eq!(message_of(|| go(|| 1)), GONE);
                    assert_eq!(message_of(|| try_go(|| 1)), GONE);
                    assert_eq!(message_of(|| old.run(|| 1)), GONE);
                    assert_eq!(message_of(|| rx.recv()), GONE);
                    assert_eq!(message_of(|| held.lock().map(|_| ())), GONE);
                    assert_eq!(message_of(|| wg.wait()), GONE);
                    assert_eq!(message_of(|| unfinished.take().unwrap().join()), GONE);
                    let (tx, own) = unbounded();
                    tx.send(3).unwrap();
                    assert_eq!(own.recv(), Ok(3), "what needs nobody else works");
                    // A new runtime: this is an ordinary thread to it, which waits as one.
                    let rt = runtime(2);
                    works(&rt);
                    assert_eq!(rt.go(move || tx.send(4)).join().unwrap(), Ok(()));
                    assert_eq!(own.recv(), Ok(4));
                    assert!(rt.run(move || own.recv().is_err()));
                    drop(rt);
                });
                drop(guard);
                never.send(9).unwrap();
                assert_eq!(unfinished.unwrap().join().unwrap(), Ok(9));
                ended
            });
            assert_eq!(ended, 0);
        }
        stop.store(true, SeqCst);
        busy.into_iter().for_each(|handle| handle.join().unwrap());
        works(&rt);
    })
    .succeeds();
}

#[test]
fn a_goroutine_that_ends_in_a_child_ends_the_child_with_the_same_words() {
    let name = "a_goroutine_that_ends_in_a_child_ends_the_child_with_the_same_words";
    let child = in_child(name, || {
        let rt = runtime(2);
        let pid = rt.run(|| {
            // SAFETY: the child returns, which is what is tested.
            unsafe { libc::fork() }
        });
        assert!(pid > 0, "only the parent gets here");
        assert_eq!(wait(pid), -libc::SIGABRT);
        works(&rt);
    });
    child.succeeds();
    assert_eq!(child.stderr.matches(GONE).count(), 1, "{}", child.stderr);
}

#[test]
fn a_child_of_one_who_has_stopped_the_world_starts_nothing() {
    in_child("a_child_of_one_who_has_stopped_the_world_starts_nothing", || {
        let rt = Arc::new(runtime(2));
        let (stop, busy) = traffic(&rt);
        let fork_in_a_stopped_world = |rt: &Runtime| {
            let pid = rt.stop_the_world(|_| {
                // SAFETY: the child keeps to what is tested.
                let pid = unsafe { libc::fork() };
                if pid == 0 {
                    // SAFETY: a child that hangs is ended by the kernel.
                    unsafe { libc::alarm(20) };
                    works(&runtime(2));
                }
                pid
            });
            end_alone(pid);
        };
        let fork_in_a_pause = |rt: &Runtime| {
            let pause = rt.pause();
            thread::sleep(Duration::from_millis(5)); // some are held back by now
            // SAFETY: the child keeps to what is tested.
            let pid = unsafe { libc::fork() };
            drop(pause);
            end_alone(pid);
        };
        for _ in 0..5 {
            fork_in_a_stopped_world(&rt);
            let inner = rt.clone();
            rt.run(move || fork_in_a_stopped_world(&inner));
            fork_in_a_pause(&rt);
        }
        stop.store(true, SeqCst);
        busy.into_iter().for_each(|handle| handle.join().unwrap());
        works(&rt);
    })
    .succeeds();
}

#[test]
fn a_child_may_exec_and_commands_run_from_goroutines() {
    in_child("a_child_may_exec_and_commands_run_from_goroutines", || {
        let rt = runtime(2);
        let (stop, busy) = traffic(&rt);
        for _ in 0..5 {
            let ended = rt.run(|| {
                fork(|| {
                    let arguments = [c"sh".as_ptr(), c"-c".as_ptr(), c"exit 7".as_ptr()];
                    let arguments = [&arguments[..], &[std::ptr::null()]].concat();
                    // SAFETY: strings that end in NUL, in an array that ends in null.
                    unsafe { libc::execv(c"/bin/sh".as_ptr(), arguments.as_ptr()) };
                })
            });
            assert_eq!(ended, 7);
            let status = rt.run(|| Command::new("sh").args(["-c", "exit 8"]).status());
            assert_eq!(status.unwrap().code(), Some(8));
        }
        stop.store(true, SeqCst);
        busy.into_iter().for_each(|handle| handle.join().unwrap());
    })
    .succeeds();
}

#[test]
fn a_child_of_a_child_is_told_too() {
    in_child("a_child_of_a_child_is_told_too", || {
        let rt = runtime(1);
        let ended = rt.run(|| {
            fork(|| {
                assert_eq!(message_of(yield_now), GONE);
                assert_eq!(fork(|| assert_eq!(message_of(yield_now), GONE)), 0);
                let own = runtime(1);
                let ended = own.run(|| fork(|| assert_eq!(message_of(yield_now), GONE)));
                assert_eq!(ended, 0);
                works(&own);
                let own = &own;
                assert_eq!(fork(|| assert_eq!(message_of(|| own.run(|| 1)), GONE)), 0);
            })
        });
        assert_eq!(ended, 0);
        works(&rt);
    })
    .succeeds();
}

/// Writes and reads more stack than any goroutine has.
#[inline(never)]
fn overflow(n: u64) -> u64 {
    let frame = black_box([n; 64]);
    if n == u64::MAX { 0 } else { overflow(n + 1) + frame[3] }
}

#[test]
fn a_childs_runtime_has_guards_and_notices_deadlocks() {
    let child = in_child("a_childs_runtime_has_guards_and_notices_deadlocks", || {
        // Slots of an ended runtime, with guards made before the fork.
        works(&start(Runtime::builder().procs(1).stack_size(64 * 1024)));
        let rt = runtime(1);
        let ended = fork(|| {
            let own = start(Runtime::builder().procs(1).stack_size(64 * 1024));
            let text = message_of(|| {
                own.run(|| {
                    let (_tx, rx) = bounded::<u32>(0);
                    rx.recv()
                })
            });
            assert!(text.contains("deadlock!"), "{text}");
            own.run(|| overflow(0));
        });
        assert_eq!(ended, -libc::SIGABRT);
        works(&rt);
    });
    child.succeeds();
    assert!(child.stderr.contains("has overflowed its stack of 64 KiB"), "{}", child.stderr);
}

/// Those threads sleep in the parent, and are not counted here.
#[test]
fn a_child_that_wakes_threads_of_its_parent_notices_deadlocks() {
    in_child("a_child_that_wakes_threads_of_its_parent_notices_deadlocks", || {
        let rt = runtime(1);
        let (tx, rx) = bounded::<u32>(0);
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                thread::spawn({
                    let rx = rx.clone();
                    move || rx.recv()
                })
            })
            .collect();
        // Without sleepers there is nothing to see.
        thread::sleep(Duration::from_millis(100));
        let mut tx = Some(tx);
        let ended = fork(|| {
            tx.take();
            let own = runtime(1);
            let text = message_of(|| own.run(|| bounded::<u32>(0).1.recv()));
            assert!(text.contains("deadlock!"), "{text}");
        });
        assert_eq!(ended, 0);
        drop(tx);
        waiters.into_iter().for_each(|waiter| assert!(waiter.join().unwrap().is_err()));
        works(&rt);
    })
    .succeeds();
}

#[test]
fn an_abandoned_runtime_is_dropped_at_once_even_with_goroutines_that_compute() {
    let name = "an_abandoned_runtime_is_dropped_at_once_even_with_goroutines_that_compute";
    in_child(name, || {
        let rt = runtime(2);
        let stop = Arc::new(AtomicBool::new(false));
        let computes = rt.go({
            let stop = stop.clone();
            move || while !stop.load(SeqCst) {}
        });
        let mut rt = Some(rt);
        let ended = fork(|| {
            let start = Instant::now();
            drop(rt.take());
            assert!(start.elapsed().as_secs() < 5);
            // Threads of the child's own wait for each other as ever.
            let (tx, rx) = bounded(0);
            let thread = thread::spawn(move || {
                thread::yield_now();
                tx.send(1).unwrap();
            });
            assert_eq!(rx.recv(), Ok(1));
            thread.join().unwrap();
        });
        assert_eq!(ended, 0);
        stop.store(true, SeqCst);
        computes.join().unwrap();
    })
    .succeeds();
}

#[test]
fn a_fork_does_not_meet_the_stacks_arena_halfway() {
    in_child("a_fork_does_not_meet_the_stacks_arena_halfway", || {
        const WAITING: usize = 10_000;
        let rt = start(Runtime::builder().procs(1).stack_size(64 * 1024));
        rt.run(|| ());
        let (tx, rx) = bounded::<()>(0);
        // Each needs a new stack, for which the arena is asked.
        let waiting = rt.go(move || {
            for _ in 0..WAITING {
                let rx = rx.clone();
                go(move || rx.recv());
            }
        });
        let mut forks = 0;
        while !waiting.is_finished() {
            let ended = fork(|| {
                let own = start(Runtime::builder().procs(1).stack_size(64 * 1024));
                assert_eq!(own.run(|| 1), 1);
            });
            assert_eq!(ended, 0);
            forks += 1;
        }
        assert!(forks > 0, "the goroutine was faster than a look");
        waiting.join().unwrap();
        assert_eq!(rt.num_goroutines(), WAITING);
        drop(tx);
        works(&rt);
    })
    .succeeds();
}
