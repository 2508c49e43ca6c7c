//! `Semaphore`, `Barrier` and the guards of a `WaitGroup`: goroutines and threads together.
#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex as StdMutex};
use std::thread;
use std::time::{Duration, Instant};

use gosched::sync::{Barrier, Semaphore, TryAcquireError, WaitGroup};
use gosched::{exit, yield_now};
use harness::{LATE, SOON, message_of, on_both, runtime, settle};

const NO_PERMITS: TryAcquireError = TryAcquireError::NoPermits;

#[test]
fn no_more_than_the_permits_are_inside() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let semaphore = Arc::new(Semaphore::new(3));
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |n: u32| {
            let (semaphore, inside, most) = (semaphore.clone(), inside.clone(), most.clone());
            move || {
                for _ in 0..300 {
                    let permit = semaphore.acquire_many(n);
                    most.fetch_max(inside.fetch_add(n as usize, SeqCst) + n as usize, SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(n as usize, SeqCst);
                    drop(permit);
                }
            }
        };
        let goroutines: Vec<_> = (0..6).map(|i| rt.go(work(1 + i % 3))).collect();
        let threads: Vec<_> = (0..2).map(|i| thread::spawn(work(1 + i))).collect();
        goroutines.into_iter().for_each(|one| one.join().unwrap());
        threads.into_iter().for_each(|one| one.join().unwrap());
        assert!((2..=3).contains(&most.load(SeqCst)));
        assert_eq!(semaphore.available_permits(), 3);
    }
}

/// The first in the queue gets what it wants, however much; nobody passes it.
#[test]
fn permits_are_given_in_the_order_of_those_who_wait() {
    let rt = runtime(1);
    let semaphore = Arc::new(Semaphore::new(3));
    let held = semaphore.acquire_many(2);
    let order = Arc::new(StdMutex::new(Vec::new()));
    // Neighbours that do not fit together: so one runs after the other.
    let all: Vec<_> = [(0, 3), (1, 1), (2, 3), (3, 2)]
        .map(|(i, n)| {
            let (semaphore, order) = (semaphore.clone(), order.clone());
            let one = rt.go(move || {
                let _permit = semaphore.acquire_many(n);
                order.lock().unwrap().push(i);
                yield_now();
            });
            settle();
            one
        })
        .into();
    assert_eq!(semaphore.try_acquire().unwrap_err(), NO_PERMITS, "one is free, and spoken for");
    assert_eq!(semaphore.available_permits(), 1);
    assert!(semaphore.try_acquire_many(0).is_err(), "not past those who wait");
    drop(held);
    all.into_iter().for_each(|one| one.join().unwrap());
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
    assert_eq!(semaphore.available_permits(), 3);
}

#[test]
fn a_thread_that_takes_again_and_again_keeps_nobody_out() {
    let rt = runtime(2);
    let semaphore = Arc::new(Semaphore::new(1));
    let its = semaphore.clone();
    let greedy = rt.go(move || (0..2_000).for_each(|_| drop(its.acquire())));
    let modest: Vec<_> = (0..4)
        .map(|_| {
            let its = semaphore.clone();
            thread::spawn(move || (0..50).for_each(|_| drop(its.acquire())))
        })
        .collect();
    modest.into_iter().for_each(|one| one.join().unwrap());
    greedy.join().unwrap();
}

#[test]
fn permits_are_added_and_taken_away() {
    static SEMAPHORE: Semaphore = Semaphore::new(0);
    assert!(SEMAPHORE.try_acquire().is_err());
    SEMAPHORE.add_permits(5);
    assert_eq!(SEMAPHORE.forget_permits(2), 2);
    let permit = SEMAPHORE.try_acquire_many(2).unwrap();
    assert_eq!((SEMAPHORE.forget_permits(9), SEMAPHORE.available_permits()), (1, 0));
    permit.forget();
    assert_eq!(SEMAPHORE.available_permits(), 0);
    assert_eq!(format!("{SEMAPHORE:?}"), "Semaphore { available: 0 }");
    assert_eq!(NO_PERMITS.to_string(), "not enough permits are available");
}

/// More than there are: who asks waits until they were added.
#[test]
fn who_wants_more_than_there_are_waits_for_others_to_be_added() {
    let rt = runtime(1);
    let semaphore = Arc::new(Semaphore::new(1));
    let its = semaphore.clone();
    let wants = rt.go(move || its.acquire_many(3).num_permits());
    settle();
    assert!(!wants.is_finished());
    semaphore.add_permits(1);
    settle();
    assert!(!wants.is_finished());
    semaphore.add_permits(1);
    assert_eq!(wants.join().unwrap(), 3);
    assert_eq!(semaphore.available_permits(), 3);
    drop(semaphore.acquire_many(0));
}

#[test]
fn a_semaphore_that_is_full_says_so_and_loses_nothing() {
    const MAX: usize = Semaphore::MAX_PERMITS;
    let text = "gosched: a Semaphore has at most";
    assert!(message_of(|| Semaphore::new(MAX + 1)).starts_with(text));
    let semaphore = Semaphore::new(MAX - 1);
    semaphore.add_permits(1);
    assert!(message_of(|| semaphore.add_permits(1)).starts_with(text));
    assert!(message_of(|| semaphore.add_permits(usize::MAX)).starts_with(text));
    assert_eq!(semaphore.available_permits(), MAX);
    // One that is given back to a full semaphore is one too many.
    for _ in 0..3 {
        let permit = semaphore.acquire();
        semaphore.add_permits(1);
        drop(permit);
        assert_eq!(semaphore.available_permits(), MAX);
    }
}

#[test]
fn permits_are_merged_and_split() {
    let semaphore = Arc::new(Semaphore::new(5));
    let mut permit = semaphore.acquire();
    permit.merge(semaphore.try_acquire_many(3).unwrap());
    assert_eq!((permit.num_permits(), semaphore.available_permits()), (4, 1));
    assert!(permit.split(5).is_none());
    let other = permit.split(1).unwrap();
    drop(permit);
    assert_eq!(semaphore.available_permits(), 4);
    let mut owned = semaphore.clone().acquire_many_owned(2);
    let part = owned.split(1).unwrap();
    assert!(semaphore.clone().try_acquire_many_owned(3).is_err());
    let another = Arc::new(Semaphore::new(1));
    let text = message_of(|| owned.merge(another.clone().acquire_owned()));
    assert_eq!(text, "gosched: permits of two semaphores were merged");
    assert_eq!(another.available_permits(), 1);
    assert!(Arc::ptr_eq(part.semaphore(), &semaphore));
    drop((other, owned, part));
    assert_eq!(semaphore.available_permits(), 5);
    let kept = semaphore.try_acquire_owned().unwrap();
    assert_eq!(thread::spawn(move || kept.num_permits()).join().unwrap(), 1);
}

#[test]
fn a_barrier_is_used_again_and_has_one_leader() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let (barrier, leaders) = (Arc::new(Barrier::new(6)), Arc::new(AtomicU32::new(0)));
        let (come, rounds) = (Arc::new(AtomicU32::new(0)), 200);
        let work = || {
            let (barrier, leaders, come) = (barrier.clone(), leaders.clone(), come.clone());
            move || {
                for round in 1..=rounds {
                    come.fetch_add(1, SeqCst);
                    leaders.fetch_add(u32::from(barrier.wait().is_leader()), SeqCst);
                    assert!(come.load(SeqCst) >= 6 * round, "one went on too early");
                }
            }
        };
        let goroutines: Vec<_> = (0..4).map(|_| rt.go(work())).collect();
        let threads: Vec<_> = (0..2).map(|_| thread::spawn(work())).collect();
        goroutines.into_iter().for_each(|one| one.join().unwrap());
        threads.into_iter().for_each(|one| one.join().unwrap());
        assert_eq!(leaders.load(SeqCst), rounds);
    }
}

#[test]
fn nobody_waits_at_a_barrier_of_none_or_of_one() {
    for n in [0, 1] {
        let barrier = Barrier::new(n);
        (0..3).for_each(|_| assert!(barrier.wait().is_leader()));
        assert_eq!(format!("{:?}", barrier.wait()), "BarrierWaitResult { is_leader: true }");
    }
}

#[test]
fn a_goroutine_that_panics_or_exits_counts_as_done() {
    for procs in [1, 2] {
        runtime(procs).run(|| {
            let wg = WaitGroup::new();
            let all = [
                wg.go(|| 1),
                wg.go(|| std::panic::resume_unwind(Box::new("unwinds"))),
                wg.go(|| exit()),
            ];
            wg.wait();
            let results = all.map(|one| one.join().ok());
            assert_eq!(results, [Some(1), None, None]);
        });
    }
}

/// A group is used by those that it waits for: Go's TestWaitGroupGo and its kind.
#[test]
fn one_that_is_counted_may_start_more() {
    let rt = runtime(2);
    let started = Arc::new(AtomicU32::new(0));
    let its = started.clone();
    rt.run(move || {
        let wg = WaitGroup::new();
        for _ in 0..10 {
            let (group, started) = (wg.clone(), its.clone());
            wg.go(move || {
                for _ in 0..10 {
                    let started = started.clone();
                    group.go(move || started.fetch_add(1, SeqCst));
                }
            });
        }
        wg.wait();
    });
    assert_eq!(started.load(SeqCst), 100);
}

#[test]
fn a_guard_counts_until_it_is_dropped() {
    let rt = runtime(1);
    let wg = WaitGroup::new();
    let guard = wg.guard();
    let its = wg.clone();
    let waits = rt.go(move || its.wait());
    settle();
    assert!(!waits.is_finished());
    let panics = thread::spawn(move || {
        let _guard = guard;
        std::panic::resume_unwind(Box::new("unwinds"));
    });
    waits.join().unwrap();
    assert!(panics.join().is_err());
    // On an ordinary thread there is no runtime to start it in, and nothing is counted.
    assert!(message_of(|| wg.go(|| ())).contains("outside a goroutine"));
    wg.wait();
}

#[test]
fn who_waits_for_permits_gives_up_when_the_time_is_up() {
    on_both(|| {
        let semaphore = Semaphore::new(2);
        assert_eq!(semaphore.acquire_many_timeout(2, Duration::ZERO).unwrap().num_permits(), 2);
        let permit = semaphore.acquire_timeout(LATE).unwrap();
        let start = Instant::now();
        assert_eq!(semaphore.acquire_many_timeout(2, SOON).unwrap_err(), NO_PERMITS);
        assert!((SOON..LATE).contains(&start.elapsed()));
        assert!(semaphore.acquire_many_timeout(2, Duration::ZERO).is_err());
        assert!(semaphore.try_acquire().is_ok(), "it is in nobody's way any more");
        drop(permit);
        assert_eq!(semaphore.available_permits(), 2);
        let semaphore = Arc::new(semaphore);
        let owned = semaphore.clone().acquire_owned_timeout(LATE).unwrap();
        let late = semaphore.clone().acquire_many_owned_timeout(2, SOON);
        assert_eq!(late.unwrap_err(), NO_PERMITS);
        assert_eq!((owned.num_permits(), semaphore.available_permits()), (1, 1));
        drop(owned);
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn who_gives_up_lets_those_behind_go_on() {
    let rt = runtime(1);
    let semaphore = Arc::new(Semaphore::new(2));
    let held = semaphore.acquire();
    let its = semaphore.clone();
    let many = rt.go(move || its.acquire_many_timeout(2, SOON * 100).is_ok());
    settle();
    let its = semaphore.clone();
    let one = rt.go(move || its.acquire_timeout(Duration::MAX).is_ok());
    settle();
    assert!(!one.is_finished(), "it waits behind the other");
    assert!(!many.join().unwrap());
    assert!(one.join().unwrap());
    drop(held);
}

/// Time and permits come at any distance.
#[test]
fn no_permit_is_lost_to_one_whose_time_is_up() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let semaphore = Arc::new(Semaphore::new(2));
        let work = |us: u64, n: u32| {
            let semaphore = semaphore.clone();
            move || {
                for _ in 0..300 {
                    if let Ok(permits) =
                        semaphore.acquire_many_timeout(n, Duration::from_micros(us))
                    {
                        thread::yield_now();
                        drop(permits);
                    }
                }
            }
        };
        let mut all = Vec::new();
        for (us, n) in [(0, 1), (20, 2), (50, 1), (100, 2), (200, 1)] {
            all.push(rt.go(work(us, n)));
        }
        let thread = thread::spawn(work(70, 2));
        all.into_iter().for_each(|one| one.join().unwrap());
        thread.join().unwrap();
        assert_eq!(semaphore.available_permits(), 2);
        assert!(semaphore.try_acquire_many(2).is_ok(), "nobody is left in the queue");
    }
}

#[test]
fn who_waits_for_a_group_gives_up_when_the_time_is_up() {
    on_both(|| {
        let wg = WaitGroup::new();
        assert!(!wg.wait_timeout(Duration::ZERO).timed_out());
        wg.add(1);
        let start = Instant::now();
        assert!(wg.wait_timeout(SOON).timed_out());
        assert!((SOON..LATE).contains(&start.elapsed()));
        assert!(wg.wait_timeout(Duration::ZERO).timed_out());
        let its = wg.clone();
        let thread = thread::spawn(move || {
            settle();
            its.done();
        });
        assert!(!wg.wait_timeout(Duration::MAX).timed_out());
        thread.join().unwrap();
    });
}

/// One that gave up is no part of a later round, and wakes nobody too early.
#[test]
fn a_round_of_a_group_ends_when_its_count_is_zero() {
    let rt = runtime(2);
    let wg = WaitGroup::new();
    for _ in 0..200 {
        let guard = wg.guard();
        let its = wg.clone();
        let timed = rt.go(move || its.wait_timeout(Duration::from_micros(30)).timed_out());
        let its = wg.clone();
        let waits = rt.go(move || its.wait());
        thread::sleep(Duration::from_micros(40));
        assert!(!waits.is_finished());
        drop(guard);
        waits.join().unwrap();
        timed.join().unwrap();
    }
}
