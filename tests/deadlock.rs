//! Deadlocks: found whoever the last was to fall asleep, reported with what each goroutine waits for,
//! and never while anybody is awake. The check looks at all threads of the process, so each test runs
//! alone in one.
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
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::bounded;
use gosched::sync::{Mutex, WaitGroup};
use gosched::{exit, go};
use harness::{in_child_alone, message_of, runtime, start, until};

const HEAD: &str = "gosched: all goroutines are asleep - deadlock!";

/// Longer than the check waits: that nothing is said meanwhile is what is tested.
const LONG: Duration = Duration::from_millis(400);

#[test]
fn a_deadlock_is_reported_by_run_and_the_runtime_goes_on() {
    let child = in_child_alone("a_deadlock_is_reported_by_run_and_the_runtime_goes_on", || {
        for procs in [1, 2] {
            let rt = runtime(procs);
            for _ in 0..2 {
                let text = message_of(|| {
                    rt.run(|| {
                        let (tx, rx) = bounded::<u32>(0);
                        let (a, b) = (rx.clone(), rx.clone());
                        go(move || a.recv());
                        go(move || b.recv());
                        let received = rx.recv();
                        drop(tx);
                        received
                    })
                });
                assert!(text.starts_with(HEAD), "{text}");
                assert_eq!(rt.run(|| go(|| 4).join().unwrap()), 4);
            }
        }
    });
    child.succeeds();
}

/// The lines of a report, without the stacks that the feature `backtrace` adds.
fn without_stacks(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("    "))
}

/// What a goroutine's line says behind its number, without the time: what it waits for, and on which
/// lines of this file it waits and was started.
fn lines(text: &str) -> Vec<String> {
    let said = without_stacks(text).skip(1).map(|line| {
        let (number, rest) = line.split_once(": ").unwrap();
        assert!(number.starts_with("goroutine "), "{line}");
        let (what, place) = rest.split_once("; started at ").unwrap();
        let (what, at) = what.split_once(", at ").unwrap();
        let (what, time) = what.rsplit_once(" for ").unwrap();
        assert!(time.ends_with(" ms") || time.ends_with(" s"), "{line}");
        let line = |place: &str| place.rsplit(':').nth(1).unwrap().parse::<u32>().unwrap();
        assert!(at.starts_with(file!()) && place.starts_with(file!()), "{at} {place}");
        format!("{what} | {} | {}", line(at), line(place))
    });
    said.collect()
}

#[test]
fn each_goroutine_is_listed_with_what_it_waits_for_and_where_it_was_started() {
    in_child_alone(
        "each_goroutine_is_listed_with_what_it_waits_for_and_where_it_was_started",
        || {
            let rt = runtime(1);
            let idle = runtime(2);
            idle.go(|| bounded::<u32>(0).1.recv());
            let mutex = Arc::new(Mutex::new(0));
            let first = line!() + 1;
            let outside = rt.go(|| {
                let (tx, _rx) = bounded(0);
                let _ = tx.send(1);
            });
            let text = message_of(|| {
                rt.run(move || {
                    let held = mutex.lock().unwrap();
                    let wg = WaitGroup::new();
                    wg.add(1);
                    let waits = wg.clone();
                    go(move || waits.wait());
                    let locks = mutex.clone();
                    go(move || *locks.lock().unwrap() += 1);
                    go(|| ()).join().unwrap();
                    outside.join().unwrap();
                    drop((held, wg));
                })
            });
            let at = |waits: u32, starts: u32| format!("{} | {}", first + waits, first + starts);
            let expected = [
                format!("waits to send to a channel | {}", at(2, 0)),
                format!("waits for a goroutine to end | {}", at(14, 5)),
                format!("waits for a wait group | {}", at(10, 10)),
                format!("waits for a mutex | {}", at(12, 12)),
            ];
            assert!(text.starts_with(HEAD), "{text}");
            assert_eq!(lines(&text), expected, "{text}");
        },
    )
    .succeeds();
}

#[test]
fn the_list_says_how_long_each_has_waited() {
    in_child_alone("the_list_says_how_long_each_has_waited", || {
        let rt = runtime(2);
        let (tx, rx) = bounded::<u32>(0);
        rt.go({
            let rx = rx.clone();
            move || rx.recv()
        });
        // Sysmon falls asleep meanwhile: what parks first after that must not look as old.
        thread::sleep(Duration::from_millis(1_200));
        let text = message_of(|| rt.run(move || rx.recv()));
        drop(tx);
        let times: Vec<_> =
            without_stacks(&text).skip(1).map(|line| line.split(" for ").last().unwrap()).collect();
        assert_eq!(times.len(), 2, "{text}");
        assert!(times[0].starts_with("1."), "{text}");
        assert!(times[1].contains(" ms, at "), "{text}");
    })
    .succeeds();
}

#[test]
fn a_hundred_goroutines_are_listed_and_the_rest_are_counted() {
    in_child_alone("a_hundred_goroutines_are_listed_and_the_rest_are_counted", || {
        let rt = runtime(2);
        let text = message_of(|| {
            rt.run(|| {
                let (tx, rx) = bounded::<u32>(0);
                for _ in 0..133 {
                    let rx = rx.clone();
                    go(move || rx.recv());
                }
                let got = rx.recv();
                drop(tx);
                got
            })
        });
        assert_eq!(without_stacks(&text).count(), 1 + 100 + 1, "{text}");
        assert_eq!(without_stacks(&text).last(), Some("and 34 more"));
        let numbers = without_stacks(&text).skip(1).take(100).map(|line| {
            let number = line.split([' ', ':']).nth(1).unwrap();
            number.parse::<u64>().unwrap()
        });
        assert!(numbers.is_sorted(), "{text}");
    })
    .succeeds();
}

#[test]
fn a_main_goroutine_that_exits_is_reported_at_once_whatever_the_others_do() {
    in_child_alone(
        "a_main_goroutine_that_exits_is_reported_at_once_whatever_the_others_do",
        || {
            let rt = runtime(2);
            let (tx, rx) = bounded::<u32>(0);
            let text = message_of(|| {
                rt.run(move || {
                    go(move || rx.recv());
                    exit()
                })
            });
            assert_eq!(text, "gosched: the main goroutine called exit");
            assert_eq!(rt.run(move || tx.send(1)), Ok(()));
        },
    )
    .succeeds();
}

#[test]
fn a_deadlock_is_found_when_the_last_ordinary_thread_has_ended() {
    in_child_alone("a_deadlock_is_found_when_the_last_ordinary_thread_has_ended", || {
        let rt = runtime(2);
        let start = Instant::now();
        let thread = thread::spawn(|| thread::sleep(LONG));
        let text = message_of(|| {
            rt.run(|| {
                let (_tx, rx) = bounded::<u32>(0);
                rx.recv()
            })
        });
        assert!(text.starts_with(HEAD), "{text}");
        assert!(start.elapsed() >= LONG, "it might have woken somebody");
        thread.join().unwrap();
    })
    .succeeds();
}

#[test]
fn a_deadlock_is_found_though_ordinary_threads_wait_for_goroutines() {
    in_child_alone("a_deadlock_is_found_though_ordinary_threads_wait_for_goroutines", || {
        let rt = Arc::new(runtime(2));
        let (tx, rx) = bounded::<u32>(0);
        let mutex = Arc::new(Mutex::new(tx));
        let handle = rt.go({
            let (mutex, rx) = (mutex.clone(), rx.clone());
            move || {
                let _held = mutex.lock().unwrap();
                let _ = rx.recv();
            }
        });
        until("the goroutine has the mutex", || mutex.try_lock().is_err());
        let receives = thread::spawn({
            let rx = rx.clone();
            move || rx.recv()
        });
        let joins = thread::spawn(move || handle.join().is_ok());
        let locks = thread::spawn({
            let mutex = mutex.clone();
            move || drop(mutex.lock().unwrap())
        });
        let runs = thread::spawn({
            let (rt, rx) = (rt.clone(), rx.clone());
            move || message_of(|| rt.run(move || rx.recv()))
        });
        let text = message_of(|| rt.run(move || drop(mutex.lock().unwrap())));
        assert!(text.starts_with(HEAD), "{text}");
        // Every call of run is told.
        assert_eq!(runs.join().unwrap(), text);
        // They wait for ever, and the process ends.
        let waiting = [receives.is_finished(), joins.is_finished(), locks.is_finished()];
        assert_eq!(waiting, [false; 3]);
    })
    .succeeds();
}

#[test]
fn two_runtimes_that_wait_for_each_other_are_a_deadlock() {
    in_child_alone("two_runtimes_that_wait_for_each_other_are_a_deadlock", || {
        let (a, b) = (runtime(2), runtime(1));
        let (to_a, from_b) = bounded::<u32>(0);
        let (to_b, from_a) = bounded::<u32>(0);
        b.go(move || from_a.recv().map(|i| to_a.send(i)));
        let text = message_of(|| {
            a.run(move || {
                let got = from_b.recv();
                drop(to_b);
                got
            })
        });
        assert!(text.starts_with(HEAD), "{text}");
        assert_eq!(without_stacks(&text).count(), 2, "the other's goroutine is not listed: {text}");
    })
    .succeeds();
}

#[test]
fn a_goroutine_that_waits_while_it_panics_sleeps_like_a_thread() {
    in_child_alone("a_goroutine_that_waits_while_it_panics_sleeps_like_a_thread", || {
        struct RecvsInDrop(gosched::chan::Receiver<u32>);
        impl Drop for RecvsInDrop {
            fn drop(&mut self) {
                let _ = self.0.recv();
            }
        }
        let rt = runtime(2);
        let (tx, rx) = bounded(0);
        let text = message_of(|| {
            rt.run(|| {
                let waits = RecvsInDrop(rx);
                let other = go(move || {
                    let _waits = waits;
                    panic!("its destructor waits");
                });
                drop(other.join());
            })
        });
        assert!(text.starts_with(HEAD), "{text}");
        drop(tx); // the runtime waits for its threads
    })
    .succeeds();
}

#[test]
fn a_mutex_locked_twice_is_a_deadlock_that_is_reported() {
    in_child_alone("a_mutex_locked_twice_is_a_deadlock_that_is_reported", || {
        let rt = runtime(2);
        let text = message_of(|| {
            rt.run(|| {
                let mutex = Mutex::new(1);
                let first = mutex.lock().unwrap();
                let second = mutex.lock().unwrap();
                *first + *second
            })
        });
        assert!(text.contains("waits for a mutex"), "{text}");
    })
    .succeeds();
}

#[test]
fn no_deadlock_is_reported_while_an_ordinary_thread_may_still_send() {
    in_child_alone("no_deadlock_is_reported_while_an_ordinary_thread_may_still_send", || {
        let rt = runtime(2);
        let (tx, rx) = bounded(0);
        let thread = thread::spawn(move || {
            thread::sleep(LONG);
            tx.send(7).unwrap();
        });
        assert_eq!(rt.run(move || rx.recv().unwrap()), 7);
        thread.join().unwrap();
    })
    .succeeds();
}

#[test]
fn no_deadlock_is_reported_while_a_goroutine_computes_or_blocks_its_thread() {
    in_child_alone(
        "no_deadlock_is_reported_while_a_goroutine_computes_or_blocks_its_thread",
        || {
            let rt = runtime(2);
            let (tx, rx) = bounded(0);
            rt.go(move || {
                thread::sleep(LONG);
                tx.send(8).unwrap();
            });
            assert_eq!(rt.run(move || rx.recv().unwrap()), 8);
        },
    )
    .succeeds();
}

/// Threads and goroutines wake each other, sleep, are made and end, while `run` looks as often as it
/// likes.
#[test]
fn no_deadlock_is_reported_while_threads_come_and_go() {
    in_child_alone("no_deadlock_is_reported_while_threads_come_and_go", || {
        let until = Instant::now() + Duration::from_secs(2);
        let (a, b) = (runtime(2), runtime(1));
        while Instant::now() < until {
            let (to_thread, from_goroutine) = bounded::<u32>(0);
            let (to_goroutine, from_thread) = bounded::<u32>(0);
            let thread = thread::spawn(move || {
                let next = from_goroutine.recv().unwrap();
                let next = thread::spawn(move || {
                    thread::sleep(Duration::from_millis(60));
                    to_goroutine.send(next + 1).unwrap();
                });
                next.join().unwrap();
            });
            b.go(move || to_thread.send(1).unwrap());
            assert_eq!(a.run(move || from_thread.recv().unwrap()), 2);
            thread.join().unwrap();
        }
    })
    .succeeds();
}

#[test]
fn a_child_of_fork_does_not_count_the_sleepers_of_its_parent() {
    in_child_alone("a_child_of_fork_does_not_count_the_sleepers_of_its_parent", || {
        let rt = runtime(4);
        rt.run(|| {
            let goroutines: Vec<_> =
                (0..4).map(|_| go(|| thread::sleep(Duration::from_millis(30)))).collect();
            goroutines.into_iter().for_each(|goroutine| goroutine.join().unwrap());
        });
        thread::sleep(Duration::from_millis(100)); // so that its threads sleep
        // SAFETY: the child starts a runtime of its own.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let rt = runtime(1);
            let (tx, rx) = bounded(0);
            let late: Vec<_> = (0..4)
                .map(|i| {
                    let tx = tx.clone();
                    thread::spawn(move || {
                        thread::sleep(LONG);
                        tx.send(i).unwrap();
                    })
                })
                .collect();
            assert_eq!(rt.run(move || rx.iter().take(4).sum::<u32>()), 6);
            late.into_iter().for_each(|thread| thread.join().unwrap());
            let text = message_of(|| {
                rt.run(|| {
                    let (_tx, rx) = bounded::<u32>(0);
                    rx.recv()
                })
            });
            // SAFETY: ends the process.
            unsafe { libc::_exit(if text.starts_with(HEAD) { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: waits for the child just made.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((waited, status), (pid, 0));
    })
    .succeeds();
}

/// Tells how its goroutine ended, though that unwinds.
struct Report(gosched::chan::Sender<u32>, u32);

impl Drop for Report {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

/// One that waits while it unwinds sleeps with its thread, and has no processor that others need.
#[test]
fn one_that_waits_while_it_unwinds_is_no_deadlock() {
    in_child_alone("one_that_waits_while_it_unwinds_is_no_deadlock", || {
        for procs in [1, 2] {
            let rt = runtime(procs);
            let n = rt.run(|| {
                let (tx, rx) = bounded(0);
                for i in 0..100 {
                    let tx = tx.clone();
                    go(move || {
                        let _report = Report(tx, i);
                        if i % 2 == 0 {
                            std::panic::resume_unwind(Box::new("fails"));
                        }
                    });
                }
                drop(tx);
                rx.iter().count()
            });
            assert_eq!(n, 100);
        }
    })
    .succeeds();
}

#[test]
fn one_that_waits_for_ever_while_it_unwinds_is_listed_so() {
    in_child_alone("one_that_waits_for_ever_while_it_unwinds_is_listed_so", || {
        let rt = runtime(1);
        let (tx, rx) = bounded(0);
        let text = message_of(|| {
            rt.run(move || {
                let one = go(move || {
                    let _report = Report(tx, 1);
                    std::panic::resume_unwind(Box::new("fails"));
                });
                let _ = one.join();
                drop(rx);
            })
        });
        assert!(text.contains("waits to send to a channel for "), "{text}");
        assert!(text.contains(" ms, asleep with its thread while it unwinds (thread "), "{text}");
    })
    .succeeds();
}

/// The runtime of a test whose goroutines nobody else wakes: here other threads are awake all the time.
fn isolated(procs: usize) -> gosched::Runtime {
    start(gosched::Runtime::builder().procs(procs).isolated(true))
}

#[test]
fn an_isolated_runtime_reports_a_deadlock_in_a_test() {
    for procs in [1, 2] {
        let rt = isolated(procs);
        let text = message_of(|| {
            rt.run(|| {
                let (tx, rx) = bounded::<u32>(0);
                let other = rx.clone();
                go(move || other.recv());
                let received = rx.recv();
                drop(tx);
                received
            })
        });
        assert!(text.starts_with(HEAD), "{text}");
        assert_eq!(text.matches("waits to receive from a channel").count(), 2, "{text}");
        assert_eq!(rt.run(|| go(|| 4).join().unwrap()), 4);
    }
}

#[test]
fn an_isolated_runtime_reports_none_while_anything_goes_on_by_itself() {
    let rt = isolated(2);
    // It sleeps, it has a time-out, it blocks, it computes, it waits for a socket.
    rt.run(|| gosched::time::sleep(LONG));
    let (_tx, rx) = bounded::<u32>(0);
    let late = rt.run(move || rx.recv_timeout(LONG).is_err());
    assert!(late);
    rt.run(|| go(|| gosched::blocking(|| thread::sleep(LONG))).join().unwrap());
    rt.run(|| {
        let begin = Instant::now();
        go(move || while begin.elapsed() < LONG {}).join().unwrap();
    });
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let writer = thread::spawn(move || {
        thread::sleep(LONG);
        std::io::Write::write_all(&mut &theirs, b"x")
    });
    let read = rt.run(move || {
        let mut one = [0];
        std::io::Read::read_exact(&mut gosched::net::UnixStream::from(ours), &mut one).map(|()| one)
    });
    assert_eq!(read.unwrap(), *b"x");
    writer.join().unwrap().unwrap();
}

/// At each look most of them wait, and some have just been woken.
#[test]
fn an_isolated_runtime_reports_none_while_goroutines_wake_each_other() {
    for procs in [1, 2] {
        let rt = isolated(procs);
        let rounds = rt.run(|| {
            let (there, back) = (bounded::<u64>(0), bounded::<u64>(0));
            let (ask, answer) = (there.0, back.1);
            go(move || there.1.iter().for_each(|n| back.0.send(n + 1).unwrap()));
            let begin = Instant::now();
            let mut n = 0;
            while begin.elapsed() < 2 * LONG {
                ask.send(n).unwrap();
                n = answer.recv().unwrap();
            }
            n
        });
        assert!(rounds > 0);
    }
}

/// All wait at each look. That a thread wakes one of them in between breaks the promise, and is seen nevertheless.
#[test]
fn one_that_has_run_between_two_looks_is_in_no_deadlock() {
    let rt = isolated(1);
    let (tx, rx) = bounded::<u32>(1);
    let pokes = thread::spawn(move || {
        let begin = Instant::now();
        while begin.elapsed() < 2 * LONG {
            tx.send(1).unwrap();
            thread::sleep(Duration::from_millis(2));
        }
    });
    assert!(rt.run(move || rx.iter().count()) > 1);
    pokes.join().unwrap();
}

#[test]
fn an_isolated_runtime_reports_deadlocks_on_virtual_time() {
    let rt = start(gosched::Runtime::builder().procs(1).isolated(true).virtual_time(true));
    let hour = Duration::from_secs(3600);
    rt.run(move || gosched::time::sleep(hour));
    let text = message_of(|| {
        rt.run(move || {
            let (tx, rx) = bounded::<u32>(0);
            go(move || {
                gosched::time::sleep(hour);
                rx.recv() // no: it waits for the other to receive
            });
            let gone = Mutex::new(0);
            let _first = gone.lock().unwrap();
            let _second = gone.lock().unwrap();
            tx.send(1)
        })
    });
    assert!(text.starts_with(HEAD), "{text}");
}
