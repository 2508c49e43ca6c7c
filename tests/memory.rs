//! Memory and addresses for stacks: how many are taken, what is given back, and what is said when there
//! are none.
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
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{Sender, bounded};
use gosched::{Runtime, go, try_go, yield_now};
use harness::{in_child, limit, message_of, runtime, start};

/// Writes and reads more stack than any goroutine has.
#[inline(never)]
fn overflow(n: u64) -> u64 {
    let frame = black_box([n; 64]);
    if n == u64::MAX { 0 } else { overflow(n + 1) + frame[3] }
}

/// What a limit stands at now, from /proc/self/status, in bytes.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches([':', '\t', ' ', 'k', 'B']).parse::<u64>().unwrap() * 1024
}

/// Wakes somebody when it is dropped, as what a refused closure had captured may.
struct SendsInDrop(Sender<()>);

impl Drop for SendsInDrop {
    fn drop(&mut self) {
        // The receiver may have gone with the runtime.
        let _ = self.0.send(());
    }
}

/// Starts goroutines that wait, until one is refused; then lets them go and starts one again.
fn until_refused(rt: &Runtime, at_least: usize) -> String {
    let (started, text) = rt.run(|| {
        let (wake, woken) = bounded(0);
        let waiter = go(move || woken.recv());
        yield_now();
        let (tx, rx) = bounded::<()>(0);
        let fill = || {
            let start = || {
                let rx = rx.clone();
                try_go(move || rx.recv())
            };
            std::iter::from_fn(|| start().ok()).count()
        };
        let started = fill();
        // What a refused closure has captured is dropped like anything else, and may wake others.
        let value = SendsInDrop(wake);
        let refusal = try_go(move || drop(value)).unwrap_err();
        assert_eq!(waiter.join().unwrap(), Ok(()));
        fill();
        let text = message_of(|| go(|| ()));
        assert_eq!(text, format!("gosched: cannot start a goroutine: {refusal}"));
        drop(tx);
        (started, text)
    });
    assert!(started >= at_least, "{started}: {text}");
    while rt.num_goroutines() > 0 {
        thread::yield_now(); // their stacks are free when they have ended
    }
    assert_eq!(rt.run(|| try_go(|| 5).unwrap().join().unwrap()), 5);
    text
}

#[test]
fn when_memory_is_refused_a_goroutine_is_and_the_others_go_on() {
    in_child("when_memory_is_refused_a_goroutine_is_and_the_others_go_on", || {
        let rt = start(Runtime::builder().procs(1).stack_size(64 * 1024));
        rt.run(|| go(yield_now).join().unwrap());
        limit(libc::RLIMIT_DATA, status("VmData") + (200 << 20));
        let text = until_refused(&rt, 1_000);
        assert!(text.contains("cannot get memory for another stack: Cannot allocate"), "{text}");
        assert!(text.contains("ulimit -d"), "{text}");
    })
    .succeeds();
}

/// Starts so many goroutines that wait, sees that all are there at once, and lets them end.
fn wait_together(rt: &Runtime, n: usize) {
    rt.run(move || {
        let (tx, rx) = bounded::<()>(0);
        let started = (0..n).map(|_| {
            let rx = rx.clone();
            go(move || rx.recv())
        });
        let all: Vec<_> = started.collect();
        assert!(gosched::num_goroutines() > n);
        drop(tx);
        all.into_iter().for_each(|one| assert!(one.join().unwrap().is_err()));
    });
}

#[test]
fn a_thousand_goroutines_run_where_addresses_are_few() {
    let name = "a_thousand_goroutines_run_where_addresses_are_few";
    in_child(name, || {
        limit(libc::RLIMIT_AS, 4_000_000 << 10);
        wait_together(&runtime(4), 1_000);
        assert!(status("VmPeak") < 2 << 30, "{}", status("VmPeak"));
    })
    .succeeds();
}

#[test]
fn a_runtime_reserves_no_more_than_some_stacks_need() {
    in_child("a_runtime_reserves_no_more_than_some_stacks_need", || {
        let before = status("VmSize");
        let rt = runtime(1);
        rt.run(|| ());
        // Beside 64 MiB for stacks: three threads' stacks and heaps.
        let taken = status("VmSize") - before;
        assert!(taken < 512 << 20, "{taken}");
    })
    .succeeds();
}

#[test]
fn when_addresses_are_limited_there_are_fewer_stacks_and_then_a_refusal() {
    in_child("when_addresses_are_limited_there_are_fewer_stacks_and_then_a_refusal", || {
        limit(libc::RLIMIT_AS, 8 << 30);
        let rt = start(Runtime::builder().procs(1).stack_size(4 << 20));
        let text = until_refused(&rt, 1_500);
        assert!(text.contains("cannot reserve addresses for stacks: Cannot allocate"), "{text}");
        assert!(text.contains("ulimit -v"), "{text}");
    })
    .succeeds();
}

#[test]
fn a_runtime_that_gets_no_addresses_for_stacks_is_an_error() {
    in_child("a_runtime_that_gets_no_addresses_for_stacks_is_an_error", || {
        limit(libc::RLIMIT_AS, status("VmSize") + (100 << 20));
        // SAFETY: does not start.
        let error = unsafe { Runtime::builder().procs(1).start() }.unwrap_err().to_string();
        assert!(error.contains("cannot reserve addresses for stacks"), "{error}");
    })
    .succeeds();
}

#[test]
fn released_stacks_keep_no_memory() {
    in_child("released_stacks_keep_no_memory", || {
        let rt = runtime(2);
        wait_together(&rt, 1_000); // whatever is made once
        rt.release_memory();
        let before = status("VmRSS");
        wait_together(&rt, 20_000);
        rt.release_memory();
        let kept = status("VmRSS").saturating_sub(before);
        // A page for each were 78 MiB. The heap keeps some.
        assert!(kept < 16 << 20, "{kept}");
        wait_together(&rt, 20_000);
    })
    .succeeds();
}

#[test]
fn an_idle_runtime_gives_its_stacks_back_by_itself() {
    in_child("an_idle_runtime_gives_its_stacks_back_by_itself", || {
        let rt = runtime(2);
        wait_together(&rt, 1_000);
        let before = status("VmRSS");
        wait_together(&rt, 20_000);
        let (began, patience) = (Instant::now(), Duration::from_secs(30));
        while status("VmRSS").saturating_sub(before) > 16 << 20 {
            assert!(began.elapsed() < patience, "{} and {before}", status("VmRSS"));
            thread::sleep(Duration::from_millis(20));
        }
    })
    .succeeds();
}

#[test]
fn stacks_are_given_back_while_others_are_made_and_looked_at() {
    in_child("stacks_are_given_back_while_others_are_made_and_looked_at", || {
        let rt = runtime(2);
        let began = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                while began.elapsed() < Duration::from_secs(2) {
                    wait_together(&rt, 300)
                }
            });
            scope.spawn(|| {
                while began.elapsed() < Duration::from_secs(2) {
                    rt.release_memory()
                }
            });
        });
    })
    .succeeds();
}

/// Ends the process by the overflow of a stack, after as many others were started.
fn overflow_after(stack: usize, others: usize) {
    let rt = start(Runtime::builder().procs(2).stack_size(stack));
    rt.run(move || {
        let (tx, rx) = bounded::<()>(0);
        for _ in 0..others {
            let rx = rx.clone();
            go(move || rx.recv());
        }
        let _ = go(|| overflow(0)).join();
        drop(tx);
    });
}

#[track_caller]
fn names_overflow(name: &str, kib: usize, body: fn()) {
    let child = in_child(name, body);
    assert_eq!(child.signal, Some(libc::SIGABRT), "{child:#?}");
    let says =
        format!("has overflowed its stack of {kib} KiB; raise it with Builder::stack_size\n");
    assert_eq!(child.stderr.matches(&says).count(), 1, "{child:#?}");
}

#[test]
fn an_overflow_is_named_in_the_smallest_class() {
    let name = "an_overflow_is_named_in_the_smallest_class";
    names_overflow(name, 64, || overflow_after(64 << 10, 0));
}

#[test]
fn an_overflow_is_named_in_a_later_range() {
    let name = "an_overflow_is_named_in_a_later_range";
    names_overflow(name, 256, || overflow_after(256 << 10, 2_000));
}

#[test]
fn an_overflow_is_named_in_the_largest_class() {
    let name = "an_overflow_is_named_in_the_largest_class";
    names_overflow(name, 64 << 10, || overflow_after(64 << 20, 3));
}

/// What valgrind is asked to run.
#[test]
fn goroutines_come_and_go() {
    let rt = runtime(2);
    for _ in 0..3 {
        wait_together(&rt, 50);
    }
    rt.release_memory();
    wait_together(&rt, 50);
}

#[test]
fn valgrind_sees_the_stacks() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return; // nothing to see it with
    }
    let output = Command::new("valgrind")
        .args(["--error-exitcode=9", "--fair-sched=yes"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "goroutines_come_and_go", "--test-threads=1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("ERROR SUMMARY: 0 errors"), "{said}");
    assert!(!said.contains("client switching stacks"), "{said}");
}
