//! Programs over the end of a runtime, whose goroutines take part in nothing afterwards, and over
//! goroutines that sleep with their thread.

use std::sync::Arc;

use super::runtime::{end, fate, impatient, rest, runtime};
use super::{Scenario, spawn, window};
use crate::chan::bounded;
use crate::facade::{spin_hint, unwinding::unwinding};
use crate::proto::{asleep, note::Note, powner::Take};
use crate::sched::sysmon;
use crate::sync::{Condvar, Mutex, Semaphore};
use crate::yield_now;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { end:
            a_value_goes_to_a_living_receiver = RECEIVERS, loom Window(1), shuttle sampled;
            a_wake_up_of_a_mutex_goes_to_a_living_waiter = WOKEN, loom Window(2), shuttle sampled;
            a_permit_goes_to_a_living_waiter = PERMIT, loom Window(2), shuttle sampled;
            a_notification_goes_to_a_living_waiter = NOTICE, loom Window(2), shuttle sampled;
            a_joiner_learns_that_the_runtime_ended = JOINED, loom Window(2), shuttle sampled;
            no_deadlock_is_seen_while_one_unwinds = UNWINDS, loom Window(1), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// A goroutine waits for a value, and its runtime ends beside a sender. Whoever sends then finds that
/// nobody waits, or somebody who lives.
pub(crate) const RECEIVERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded::<u32>(0);
        let dead = rt.go({
            let rx = rx.clone();
            move || rx.recv().is_ok()
        });
        rest(&rt);
        let got = window(|| {
            let sender = spawn({
                let tx = tx.clone();
                move || tx.send(7).expect("there is a receiver")
            });
            drop(rt);
            assert!(tx.try_send(8).is_err(), "who waits there?");
            drop(tx);
            let got = rx.recv();
            sender.join();
            got
        });
        format!("the living got {got:?}, the other: {}", fate(dead))
    },
    outcomes: &[
        "the living got Err(RecvError), the other: it ended",
        "the living got Err(RecvError), the other: it is lost",
        "the living got Ok(7), the other: it is lost",
    ],
};

fn count(n: &mut u32) -> u32 {
    *n += 1;
    *n
}

/// A goroutine waits for a mutex, and behind it a thread. The mutex is freed beside the end of the
/// goroutine's runtime: the thread gets it.
pub(crate) const WOKEN: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        let mutex = Arc::new(Mutex::new(0));
        let held = mutex.lock().unwrap();
        let dead = rt.go({
            let mutex = mutex.clone();
            move || count(&mut mutex.lock().unwrap())
        });
        rest(&rt);
        let living = {
            let mutex = mutex.clone();
            spawn(move || assert!(count(&mut mutex.lock().unwrap()) <= 2))
        };
        spin_hint(); // it waits, or soon
        window(|| {
            let end = spawn(move || drop(rt));
            drop(held);
            living.join();
            end.join();
        });
        format!("{} had it: {}", mutex.lock().unwrap(), fate(dead))
    },
    outcomes: &["1 had it: it is lost", "2 had it: it ended"],
};

/// A goroutine waits for a permit, and behind it a thread. The permit is given back beside the end of the
/// goroutine's runtime: the thread gets it.
pub(crate) const PERMIT: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        let semaphore = Arc::new(Semaphore::new(1));
        let held = semaphore.acquire();
        let dead = rt.go({
            let semaphore = semaphore.clone();
            move || drop(semaphore.acquire())
        });
        rest(&rt);
        let living = {
            let semaphore = semaphore.clone();
            spawn(move || drop(semaphore.acquire()))
        };
        spin_hint(); // it waits, or soon
        window(|| {
            let end = spawn(move || drop(rt));
            drop(held);
            living.join();
            end.join();
        });
        format!("{} left: {}", semaphore.available_permits(), fate(dead))
    },
    outcomes: &["1 left: it ended", "1 left: it is lost"],
};

/// A goroutine waits for a notification, and behind it a thread. One is notified beside the end of the
/// goroutine's runtime: the thread, if the goroutine does not live to see it.
pub(crate) const NOTICE: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        let wait = |pair: Arc<(Mutex<u32>, Condvar)>| {
            move || {
                let mut waiting = pair.0.lock().unwrap();
                count(&mut waiting);
                drop(pair.1.wait(waiting));
            }
        };
        let dead = rt.go(wait(pair.clone()));
        rest(&rt);
        let living = spawn(wait(pair.clone()));
        while *pair.0.lock().unwrap() < 2 {
            spin_hint(); // progress: it comes to wait
        }
        window(|| {
            let end = spawn(move || drop(rt));
            pair.1.notify_one();
            end.join();
        });
        let told = fate(dead);
        if told == "it ended" {
            pair.1.notify_one(); // the first one was its own
        }
        living.join();
        String::from(told)
    },
    outcomes: &["it ended", "it is lost"],
};

/// As before, and the goroutine is handed the mutex. Shuttle's part: loom 0.7 stops in it with an
/// assertion of its own (two stores of a goroutine's status that it cannot put in order).
pub(crate) const HANDED: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(1);
        let mutex = Arc::new(Mutex::new(0));
        let (held, dead) = impatient(&rt, &mutex, count);
        let living = {
            let mutex = mutex.clone();
            spawn(move || assert!(count(&mut mutex.lock().unwrap()) <= 2))
        };
        spin_hint(); // it waits, or soon
        window(|| {
            let end = spawn(move || drop(rt));
            drop(held);
            living.join();
            end.join();
        });
        format!("{} had it: {}", mutex.lock().unwrap(), fate(dead))
    },
    outcomes: &["1 had it: it is lost", "2 had it: it ended", "2 had it: it is lost"],
};

/// A runtime ends while a goroutine waits for ever, or is about to; somebody joins that.
pub(crate) const JOINED: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded::<u32>(0);
        let told = window(|| {
            let waits = rt.go(move || rx.recv());
            drop(rt);
            fate(waits)
        });
        drop(tx);
        String::from(told)
    },
    outcomes: &["it is lost"],
};

/// A runtime ends while a goroutine comes back from user code, and finds that its P is another's.
/// Shuttle's part: with one preemption loom sees one of the outcomes, and with two it does not end.
pub(crate) const NEEDS_P: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let (seen, left) = (Arc::new(Note::new()), Arc::new(Note::new()));
        let returns = rt.go({
            let (seen, left) = (seen.clone(), left.clone());
            move || {
                seen.wakeup();
                left.sleep(); // user code that keeps its thread
                yield_now();
            }
        });
        seen.sleep();
        assert_eq!(sysmon::take(sched, sched.p(0)), Take::Taken);
        let told = window(|| {
            left.wakeup();
            drop(rt);
            fate(returns)
        });
        String::from(told)
    },
    outcomes: &["it ended", "it is lost"],
};

/// A runtime ends while one that unwinds sleeps with its thread, or is about to, or is woken. Shuttle's
/// part, as the one before.
pub(crate) const SLEEPS: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded::<u32>(0);
        let told = window(|| {
            let sleeps = rt.go(move || unwinding(|| rx.recv().is_ok()));
            let sender = spawn({
                let tx = tx.clone();
                move || {
                    let _ = tx.try_send(7); // or there is nobody yet
                }
            });
            drop(rt);
            sender.join();
            fate(sleeps)
        });
        drop(tx);
        String::from(told)
    },
    outcomes: &["it ended", "it is lost"],
};

/// On one P, a goroutine waits while it unwinds, and another sends what it waits for. A thread looks for
/// a deadlock meanwhile: there is none before both have ended.
pub(crate) const UNWINDS: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = bounded::<u32>(0);
        let seen = window(|| {
            let unwinds = rt.go(move || unwinding(|| rx.recv().is_ok()));
            let other = rt.go(move || tx.send(7).is_ok());
            asleep::threads().count_in(); // this thread only looks
            let is_deadlock = asleep::threads().is_everybody(|| Some(1 + rt.stats().threads));
            let are_over = unwinds.is_finished() && other.is_finished();
            asleep::threads().count_out();
            assert!(unwinds.join().expect("it returns"));
            assert!(other.join().expect("it returns"));
            if is_deadlock && !are_over { "a false alarm" } else { "no alarm" }
        });
        end(rt, 0);
        String::from(seen)
    },
    outcomes: &["no alarm"],
};
