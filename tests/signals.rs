//! Signals: which thread takes which, and that they disturb nobody.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::fs::File;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::FromRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gosched::chan::bounded;
use gosched::sync::{Mutex, WaitGroup};
use gosched::{Runtime, go, yield_now};
use harness::{in_child, start};

/// Threads of this process: their numbers.
fn threads() -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks.map(|task| task.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
}

/// The calling thread's number.
fn this_thread() -> i32 {
    // SAFETY: asks for a number.
    unsafe { libc::gettid() }
}

/// A line of a thread's status; `None` if it has ended.
fn status(thread: i32, line: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/status")).ok()?;
    let found = text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(":\t"));
    found.map(String::from)
}

/// The signals that a thread blocks, one bit each.
fn blocked(thread: i32) -> Option<u64> {
    Some(u64::from_str_radix(&status(thread, "SigBlk")?, 16).unwrap())
}

/// The same, once a thread of a runtime has begun: until then it blocks all.
fn blocked_for_good(thread: i32) -> u64 {
    loop {
        let mask = blocked(thread).unwrap();
        if mask & bit(libc::SIGSEGV) == 0 {
            return mask;
        }
        thread::yield_now();
    }
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Blocks a signal of the calling thread.
fn block(signal: i32) {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: writes the set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: writes the set.
    unsafe { libc::sigaddset(set.as_mut_ptr(), signal) };
    // SAFETY: reads the set, of this thread.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()) };
}

#[test]
fn threads_take_the_signals_of_the_one_that_started_the_runtime_whoever_makes_them() {
    let name = "threads_take_the_signals_of_the_one_that_started_the_runtime_whoever_makes_them";
    in_child(name, || {
        block(libc::SIGUSR1);
        let starter = blocked(this_thread()).unwrap();
        let rt = start(Runtime::builder().procs(4).thread_name("mine"));
        // Goroutines that stay in the kernel, so that there are more threads: made by one that
        // blocks something else, by goroutines, and by sysmon or the maker, which block all.
        block(libc::SIGUSR2);
        let maker = blocked(this_thread()).unwrap();
        assert_eq!(maker, starter | bit(libc::SIGUSR2), "the starter got its mask back");
        let sleepers: Vec<_> =
            (0..8).map(|_| rt.go(|| thread::sleep(Duration::from_millis(300)))).collect();
        rt.run(|| go(yield_now).join().unwrap());
        let mut ms = 0;
        for task in threads() {
            // First: a thread that has not begun has the name of who made it.
            let mask = blocked_for_good(task);
            let comm = status(task, "Name").unwrap();
            if ["mine-sysmon", "mine-maker"].contains(&comm.as_str()) {
                let takes = !mask;
                for fault in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL] {
                    assert_ne!(takes & bit(fault), 0, "{comm} does not take its fault {fault}");
                }
                let others = [libc::SIGUSR1, libc::SIGUSR2, libc::SIGTERM, libc::SIGALRM];
                assert!(others.iter().all(|&signal| takes & bit(signal) == 0), "{takes:x}");
            } else if comm.starts_with("mine-") {
                ms += 1;
                assert_eq!(mask, starter, "{comm}");
            }
            // sysmon's naps are no longer than they must be, from soon after its beginning on.
            let slack = || std::fs::read_to_string(format!("/proc/{task}/timerslack_ns"));
            while comm == "mine-sysmon" && slack().unwrap() != "1\n" {
                thread::yield_now();
            }
        }
        assert!(ms > 4, "none was made for those that wait: {ms}");
        assert_eq!(blocked(this_thread()), Some(maker));
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    })
    .succeeds();
}

static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: i32) {
    HANDLED.fetch_add(1, SeqCst);
}

fn handle(signal: i32, flags: i32) {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all zeros is valid: an empty mask.
    let action = unsafe { action.assume_init_mut() };
    action.sa_sigaction = count as *const () as usize;
    action.sa_flags = flags;
    // SAFETY: the handler only adds to a number.
    assert_eq!(unsafe { libc::sigaction(signal, action, std::ptr::null_mut()) }, 0);
}

fn pipe() -> (File, File) {
    let mut ends = [0; 2];
    // SAFETY: writes two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: just opened, and nobody else's.
    ends.map(|end| unsafe { File::from_raw_fd(end) }).into()
}

/// Sends a thread the signal, unless it has ended meanwhile.
fn signal(thread: i32) {
    // SAFETY: asks for a number.
    let process = unsafe { libc::getpid() };
    // SAFETY: passes numbers; the signal has a handler.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
}

const EACH: usize = 300;

/// Values through a channel, a mutex, goroutines that are spawned and joined, reads that block, and
/// a thread that waits in `recv`; returns how much of it arrived.
fn busy(rt: &Runtime) -> usize {
    let (tx, rx) = bounded(1);
    let waiter = thread::spawn(move || rx.iter().sum::<usize>());
    let (mut reader, mut writer) = pipe();
    let read = rt.go(move || {
        let mut byte = [0; 1];
        let mut sum = 0;
        // Starts again if it is interrupted.
        while reader.read_exact(&mut byte).is_ok() {
            sum += usize::from(byte[0]);
        }
        sum
    });
    let sum = rt.run(move || {
        let total = Arc::new(Mutex::new(0));
        let wg = WaitGroup::new();
        for _ in 0..4 {
            let (total, tx, wg) = (total.clone(), tx.clone(), wg.clone());
            wg.add(1);
            go(move || {
                for _ in 0..EACH {
                    *total.lock().unwrap() += go(|| 1).join().unwrap();
                    tx.send(1).unwrap();
                }
                wg.done();
            });
        }
        for _ in 0..EACH {
            writer.write_all(&[1]).unwrap();
            yield_now();
        }
        wg.wait();
        *total.lock().unwrap()
    });
    sum + read.join().unwrap() + waiter.join().unwrap()
}

#[test]
fn signals_on_any_thread_disturb_nobody() {
    in_child("signals_on_any_thread_disturb_nobody", || {
        let rt = start(Runtime::builder().procs(2));
        for flags in [0, libc::SA_RESTART, libc::SA_ONSTACK, libc::SA_ONSTACK | libc::SA_RESTART] {
            handle(libc::SIGUSR1, flags);
            let before = HANDLED.load(SeqCst);
            let done = Arc::new(AtomicUsize::new(0));
            let sender = thread::spawn({
                let done = done.clone();
                move || {
                    let mut rounds = 0;
                    while rounds < 300 || done.load(SeqCst) == 0 {
                        threads().into_iter().for_each(signal);
                        rounds += 1;
                    }
                }
            });
            for _ in 0..5 {
                assert_eq!(busy(&rt), (2 * 4 + 1) * EACH);
            }
            done.store(1, SeqCst);
            sender.join().unwrap();
            assert!(HANDLED.load(SeqCst) - before > 300, "flags {flags:x}");
        }
    })
    .succeeds();
}
