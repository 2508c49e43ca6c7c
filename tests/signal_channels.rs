//! Signals as channels. Each test has a process of its own, because signals belong to the process.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::multiple_unsafe_ops_per_block,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::{Receiver, RecvTimeoutError, select};
use gosched::signal::{self, Signal, notify};
use harness::{LATE, SOON, in_child, runtime};

/// Sends this process a signal.
fn raise(signal: Signal) {
    // SAFETY: sends a signal.
    assert_eq!(unsafe { libc::kill(libc::getpid(), signal.as_raw()) }, 0);
}

/// The next signal, which comes soon.
#[track_caller]
fn next(signals: &Receiver<Signal>) -> Signal {
    signals.recv_timeout(Duration::from_secs(10)).unwrap()
}

static CALLS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: i32) {
    CALLS.fetch_add(1, SeqCst);
}

extern "C" fn count_with_info(signal: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel passes a siginfo.
    assert_eq!(signal, unsafe { (*info).si_signo });
    CALLS.fetch_add(100, SeqCst);
}

/// Installs a handler as a user would, and returns the one that was there.
fn install(signal: Signal, handler: usize, flags: i32) -> usize {
    // SAFETY: a valid action, and a live place for the old one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let mut before = action;
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(signal.as_raw(), &raw const action, &raw mut before), 0);
        before.sa_sigaction
    }
}

#[test]
fn a_goroutine_waits_for_signals_beside_other_things() {
    in_child("a_goroutine_waits_for_signals_beside_other_things", || {
        for procs in [1, 2] {
            runtime(procs).run(|| {
                let signals = notify(&[signal::INT, signal::USR1]).unwrap();
                gosched::go(|| raise(signal::USR1));
                let came = select! {
                    recv(signals) -> signal => signal.unwrap(),
                    default(LATE) => panic!("nothing came"),
                };
                assert_eq!((came, came.to_string().as_str()), (signal::USR1, "SIGUSR1"));
                raise(signal::INT);
                assert_eq!(next(&signals), signal::INT);
                let none = signals.recv_timeout(SOON);
                assert_eq!(none, Err(RecvTimeoutError::Timeout), "once each");
            });
        }
    })
    .succeeds();
}

#[test]
fn each_receiver_gets_what_it_asked_for() {
    in_child("each_receiver_gets_what_it_asked_for", || {
        let (one, both) = (notify(&[signal::USR1]), notify(&[signal::USR1, signal::USR2]));
        let (one, both) = (one.unwrap(), both.unwrap());
        raise(signal::USR2);
        assert_eq!(next(&both), signal::USR2);
        raise(signal::USR1);
        assert_eq!((next(&one), next(&both)), (signal::USR1, signal::USR1));
        drop(one);
        raise(signal::USR1);
        assert_eq!(next(&both), signal::USR1, "the other was dropped");
        let third = notify(&[signal::USR1]).unwrap();
        raise(signal::USR1);
        assert_eq!((next(&third), next(&both)), (signal::USR1, signal::USR1));
    })
    .succeeds();
}

#[test]
fn a_signal_that_nobody_receives_any_more_ends_the_process() {
    let child = in_child("a_signal_that_nobody_receives_any_more_ends_the_process", || {
        let signals = notify(&[signal::INT]).unwrap();
        raise(signal::INT);
        assert_eq!(next(&signals), signal::INT);
        drop(signals);
        eprintln!("got one");
        raise(signal::INT);
        thread::sleep(LATE);
    });
    assert_eq!(child.signal, Some(libc::SIGINT), "{child:#?}");
    assert!(child.stderr.contains("got one"));
}

#[test]
fn a_signal_that_does_nothing_by_default_does_nothing_again() {
    in_child("a_signal_that_does_nothing_by_default_does_nothing_again", || {
        drop(notify(&[signal::WINCH, signal::CHLD]).unwrap());
        raise(signal::WINCH);
        raise(signal::CHLD);
        harness::settle(); // until nobody has heard them
        let again = notify(&[signal::WINCH]).unwrap();
        raise(signal::WINCH);
        assert_eq!(next(&again), signal::WINCH);
    })
    .succeeds();
}

#[test]
fn a_handler_that_was_there_is_still_called() {
    in_child("a_handler_that_was_there_is_still_called", || {
        install(signal::USR1, count as *const () as usize, 0);
        install(signal::USR2, count_with_info as *const () as usize, libc::SA_SIGINFO);
        let signals = notify(&[signal::USR1, signal::USR2]).unwrap();
        raise(signal::USR1);
        assert_eq!(next(&signals), signal::USR1);
        raise(signal::USR2);
        assert_eq!(next(&signals), signal::USR2);
        assert_eq!(CALLS.load(SeqCst), 101);
        drop(signals);
        raise(signal::USR1);
        thread::sleep(SOON);
        assert_eq!(CALLS.load(SeqCst), 102, "nobody receives, and it handles them alone");
    })
    .succeeds();
}

#[test]
fn a_later_handler_that_takes_over_is_left_alone() {
    in_child("a_later_handler_that_takes_over_is_left_alone", || {
        let signals = notify(&[signal::USR1]).unwrap();
        let before = install(signal::USR1, count as *const () as usize, 0);
        assert!(before > 1, "ours was there");
        raise(signal::USR1);
        assert_eq!(signals.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
        let second = notify(&[signal::USR1]).unwrap();
        raise(signal::USR1);
        assert_eq!(second.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
        assert_eq!(CALLS.load(SeqCst), 2);
    })
    .succeeds();
}

#[test]
fn a_full_channel_drops_what_comes() {
    in_child("a_full_channel_drops_what_comes", || {
        let (full, other) = (notify(&[signal::USR1]).unwrap(), notify(&[signal::USR1]).unwrap());
        for _ in 0..100 {
            raise(signal::USR1);
            assert_eq!(next(&other), signal::USR1);
        }
        assert_eq!(full.try_iter().count(), 64);
    })
    .succeeds();
}

#[test]
fn what_cannot_be_received_is_refused() {
    for number in [libc::SIGKILL, libc::SIGSTOP, libc::SIGSEGV, 0, -1, 65, i32::MAX] {
        let error = notify(&[Signal::from_raw(number)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{number}");
    }
}

#[test]
fn the_end_of_a_runtime_changes_nothing_for_others() {
    in_child("the_end_of_a_runtime_changes_nothing_for_others", || {
        let signals = runtime(1).run(|| notify(&[signal::TERM]).unwrap());
        raise(signal::TERM);
        assert_eq!(next(&signals), signal::TERM, "on a thread");
        let rt = runtime(1);
        rt.go(|| notify(&[signal::TERM]).unwrap().iter().count());
        harness::settle();
        drop(rt);
        raise(signal::TERM); // counted as received by the one that was leaked
        let signals = runtime(1).run(move || (next(&signals), signals).1);
        raise(signal::TERM);
        assert_eq!(next(&signals), signal::TERM);
    })
    .succeeds();
}

#[test]
fn a_child_of_fork_has_signals_of_its_own() {
    in_child("a_child_of_fork_has_signals_of_its_own", || {
        let signals = notify(&[signal::USR1]).unwrap();
        // SAFETY: the child uses what a child of fork may use.
        let child = unsafe { libc::fork() };
        if child == 0 {
            raise(signal::USR1); // lost: it has no thread
            let mine = notify(&[signal::USR1]).unwrap();
            raise(signal::USR1);
            let came = mine.recv_timeout(Duration::from_secs(10));
            // SAFETY: ends the child.
            unsafe { libc::_exit((came != Ok(signal::USR1)).into()) };
        }
        let mut status = -1;
        // SAFETY: waits for the child just made.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        assert_eq!(signals.recv_timeout(SOON), Err(RecvTimeoutError::Timeout), "the child's");
        raise(signal::USR1);
        assert_eq!(next(&signals), signal::USR1);
    })
    .succeeds();
}

/// The list of receivers is the parent's and the child's in turn: many forks while others change it.
#[test]
fn a_fork_beside_threads_that_ask_for_signals_leaves_a_child_that_asks() {
    in_child("a_fork_beside_threads_that_ask_for_signals_leaves_a_child_that_asks", || {
        let end = Arc::new(AtomicBool::new(false));
        drop(notify(&[signal::WINCH]).unwrap());
        let askers: Vec<_> = (0..2)
            .map(|_| {
                let end = end.clone();
                thread::spawn(move || {
                    while !end.load(Relaxed) {
                        drop(notify(&[signal::WINCH]).unwrap());
                        raise(signal::WINCH);
                    }
                })
            })
            .collect();
        for _ in 0..100 {
            // SAFETY: the child uses what a child of fork may use.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: ends a child that hangs.
                unsafe { libc::alarm(20) };
                let mine = notify(&[signal::USR1]).unwrap();
                raise(signal::USR1);
                let came = mine.recv_timeout(Duration::from_secs(10));
                // SAFETY: ends the child.
                unsafe { libc::_exit((came != Ok(signal::USR1)).into()) };
            }
            let mut status = -1;
            // SAFETY: waits for the child just made.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0);
        }
        end.store(true, Relaxed);
        askers.into_iter().for_each(|asker| asker.join().unwrap());
    })
    .succeeds();
}

#[test]
fn a_call_that_blocks_is_not_interrupted() {
    in_child("a_call_that_blocks_is_not_interrupted", || {
        let signals = notify(&[signal::USR1]).unwrap();
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        // SAFETY: asks for numbers.
        let (process, reads) = unsafe { (libc::getpid(), libc::gettid()) };
        let raiser = thread::spawn(move || {
            harness::settle(); // until it reads
            let number = signal::USR1.as_raw();
            // SAFETY: sends a signal to the thread that reads.
            assert_eq!(unsafe { libc::syscall(libc::SYS_tgkill, process, reads, number) }, 0);
            assert_eq!(next(&signals), signal::USR1);
            std::io::Write::write_all(&mut writer, b"x").unwrap();
        });
        let began = Instant::now();
        let read = std::io::Read::read(&mut reader, &mut [0; 1]);
        assert_eq!(read.unwrap(), 1, "after {:?}", began.elapsed());
        raiser.join().unwrap();
    })
    .succeeds();
}

#[test]
fn a_signal_to_stop_that_nobody_receives_any_more_stops_the_process() {
    in_child("a_signal_to_stop_that_nobody_receives_any_more_stops_the_process", || {
        // SAFETY: the child uses what a child of fork may use.
        let child = unsafe { libc::fork() };
        if child == 0 {
            drop(notify(&[signal::TSTP]).unwrap());
            raise(signal::TSTP);
            thread::sleep(LATE);
        }
        let mut status = 0;
        // SAFETY: waits for the child just made.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, libc::WUNTRACED) }, child);
        assert!(libc::WIFSTOPPED(status), "{status}");
        // SAFETY: of this test's own child.
        unsafe { libc::kill(child, libc::SIGKILL) };
        // SAFETY: as above.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    })
    .succeeds();
}

fn resident_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// As a server does that selects over Ctrl-C once for each request.
#[test]
fn receivers_that_have_gone_leave_nothing_behind() {
    in_child("receivers_that_have_gone_leave_nothing_behind", || {
        let stays = notify(&[signal::USR1]).unwrap();
        let ask = |n| (0..n).for_each(|_| drop(notify(&[signal::USR1, signal::USR2]).unwrap()));
        ask(1_000);
        let before = resident_kib();
        ask(50_000);
        let kept = resident_kib().saturating_sub(before);
        assert!(kept < 2 * 1024, "{kept} KiB: some 12,000 for as many receivers");
        raise(signal::USR1);
        assert_eq!(next(&stays), signal::USR1);
    })
    .succeeds();
}
