//! Sleeping, timers and tickers, on real threads.

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
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;

use gosched::sync::{Condvar, Mutex, Semaphore, WaitGroup};
use gosched::time::{Duration, Instant, Ticker, Timer, after_func, sleep, sleep_until};
use gosched::{chan, go};
use harness::{message_of, on_both, runtime};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Neither before `from`, nor so late that something else must have ended the wait.
fn assert_took(start: Instant, from: Duration) {
    let took = start.elapsed();
    assert!(took >= from, "{took:?} is early for {from:?}");
    assert!(took < from + ms(10_000), "{took:?} is late for {from:?}");
}

#[test]
fn a_sleep_lasts_as_long_as_it_says() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        rt.run(|| {
            for d in [0, 1, 5, 20] {
                let start = Instant::now();
                sleep(ms(d));
                assert_took(start, ms(d));
            }
            let start = Instant::now();
            sleep_until(start + ms(5));
            assert_took(start, ms(5));
            sleep_until(start);
        });
    }
}

#[test]
fn ordinary_threads_sleep_too() {
    let start = Instant::now();
    sleep(ms(5));
    assert_took(start, ms(5));
}

#[test]
fn goroutines_that_sleep_take_no_thread() {
    let rt = runtime(2);
    rt.run(|| {
        let start = Instant::now();
        let sleepers: Vec<_> = (0..1_000).map(|i| go(move || sleep(ms(10 + i % 10)))).collect();
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
        assert_took(start, ms(19));
    });
    assert!(rt.stats().threads < 20, "{:?}", rt.stats());
}

#[test]
fn sleeps_end_in_the_order_of_their_moments() {
    let rt = runtime(1);
    rt.run(|| {
        let (tx, rx) = chan::unbounded();
        for d in [300, 100, 200, 0] {
            let tx = tx.clone();
            go(move || {
                sleep(ms(d));
                tx.send(d).unwrap();
            });
        }
        drop(tx);
        assert_eq!(rx.iter().collect::<Vec<_>>(), [0, 100, 200, 300]);
    });
}

#[test]
fn a_sleep_ends_beside_goroutines_that_compute_on_every_processor() {
    let rt = runtime(2);
    let stop = Arc::new(AtomicU32::new(0));
    let hogs: Vec<_> = (0..4)
        .map(|_| {
            let stop = stop.clone();
            rt.go(move || while stop.load(Relaxed) == 0 {})
        })
        .collect();
    let late = rt.run(|| {
        let start = Instant::now();
        (0..20).for_each(|_| sleep(ms(1)));
        start.elapsed()
    });
    stop.store(1, Relaxed);
    hogs.into_iter().for_each(|hog| hog.join().unwrap());
    assert!(late < ms(10_000), "{late:?}");
}

#[test]
fn far_and_huge_durations_do_not_overflow() {
    let rt = runtime(1);
    let far = rt.go(|| sleep(Duration::MAX));
    rt.run(|| sleep(ms(1)));
    assert!(!far.is_finished());
    drop(rt);
    assert!(far.join().unwrap_err().is::<gosched::RuntimeEnded>());
}

#[test]
fn a_goroutine_sleeps_while_it_unwinds() {
    struct Sleeper(Instant);
    impl Drop for Sleeper {
        fn drop(&mut self) {
            sleep(ms(5));
            assert_took(self.0, ms(5));
        }
    }
    let rt = runtime(1);
    let failed = rt.go(|| {
        let _sleeper = Sleeper(Instant::now());
        panic!("as expected");
    });
    assert!(failed.join().is_err());
}

#[test]
fn the_number_of_processors_changes_while_timers_are_pending() {
    let rt = runtime(4);
    rt.run(|| {
        let sleepers: Vec<_> = (0..100).map(|i| go(move || sleep(ms(5 + i % 20)))).collect();
        for procs in [1, 4, 2, 3, 1] {
            gosched::set_procs(procs);
            sleep(ms(2));
        }
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
}

#[test]
fn a_timer_fires_once_and_stop_tells_the_truth() {
    let rt = runtime(2);
    rt.run(|| {
        let start = Instant::now();
        let timer = Timer::new(ms(5));
        timer.receiver().recv().unwrap();
        assert_took(start, ms(5));
        assert!(!timer.stop());
        assert!(!timer.stop(), "twice");
        assert!(!timer.reset(Duration::MAX));
        assert!(timer.stop());
        assert!(timer.receiver().is_empty());
    });
}

#[test]
fn no_time_of_before_is_left_after_a_stop_or_a_reset() {
    let rt = runtime(2);
    rt.run(|| {
        for i in 0..200 {
            let timer = Timer::new(Duration::from_micros(50));
            if i % 2 == 0 {
                sleep(Duration::from_micros(i));
            }
            let was_set = timer.stop();
            assert!(timer.receiver().try_recv().is_err());
            assert!(!timer.reset(Duration::from_micros(20)), "{was_set}");
            timer.receiver().recv().unwrap();
        }
    });
}

#[test]
fn a_function_is_called_after_its_time_in_a_goroutine_of_its_own() {
    let rt = runtime(2);
    rt.run(|| {
        let (tx, rx) = chan::unbounded();
        let start = Instant::now();
        let timer = after_func(ms(5), move || {
            gosched::yield_now(); // it may wait
            tx.send(Instant::now()).unwrap();
        });
        let called = rx.recv().unwrap();
        assert!(called - start >= ms(5));
        assert!(!timer.reset(ms(1)));
        rx.recv().unwrap();
        timer.reset(Duration::from_secs(3_600));
        assert!(timer.stop());
    });
}

#[test]
fn a_timer_may_be_stopped_from_its_own_function_and_after_its_runtime() {
    let rt = runtime(1);
    let timer = rt.run(|| {
        let (tx, rx) = chan::bounded::<Arc<Timer>>(1);
        let (done, is_done) = chan::bounded(1);
        let timer = Arc::new(after_func(ms(1), move || {
            let _ = done.send(rx.recv().unwrap().stop());
        }));
        tx.send(timer.clone()).unwrap();
        assert_eq!(is_done.recv(), Ok(false));
        timer.reset(Duration::from_secs(3_600));
        timer
    });
    drop(rt);
    assert!(!timer.stop());
    assert!(!timer.reset(ms(1)));
}

#[test]
fn a_ticker_ticks_without_drift_until_it_is_stopped() {
    let rt = runtime(2);
    rt.run(|| {
        let start = Instant::now();
        let ticker = Ticker::new(ms(2));
        for _ in 0..10 {
            ticker.receiver().recv().unwrap();
        }
        assert_took(start, ms(20));
        ticker.stop();
        sleep(ms(5));
        assert!(ticker.receiver().is_empty());
        ticker.reset(ms(1));
        ticker.receiver().recv().unwrap();
    });
}

#[test]
#[should_panic(expected = "a ticker's period must not be zero")]
fn a_ticker_of_zero_is_a_mistake() {
    Ticker::new(Duration::ZERO);
}

#[test]
fn a_ticker_that_is_reset_to_zero_says_so_and_goes_on() {
    runtime(1).run(|| {
        let ticker = Arc::new(Ticker::new(ms(1)));
        let same = ticker.clone();
        let message = message_of(move || same.reset(Duration::ZERO));
        assert!(message.contains("a ticker's period must not be zero"), "{message}");
        ticker.receiver().recv().unwrap();
    });
}

#[test]
fn time_outs_of_no_time_and_of_all_time() {
    on_both(|| {
        let none = Semaphore::new(0);
        let group = WaitGroup::new();
        group.add(1);
        let (lock, condvar) = (Mutex::new(()), Condvar::new());
        let past = Instant::now();
        assert!(none.acquire_timeout(Duration::ZERO).is_err());
        assert!(group.wait_timeout(Duration::ZERO).timed_out());
        let waited = condvar.wait_timeout(lock.lock().unwrap(), Duration::ZERO).unwrap();
        assert!(waited.1.timed_out());
        drop(waited);
        let (tx, rx) = chan::bounded(1);
        assert!(rx.recv_timeout(Duration::ZERO).is_err());
        assert!(rx.recv_deadline(past).is_err());
        // What is there is taken, though the time is up.
        tx.send(1).unwrap();
        assert_eq!(rx.recv_deadline(past), Ok(1));
        none.add_permits(1);
        assert!(none.acquire_timeout(Duration::ZERO).is_ok());
        let waker = thread::spawn({
            let group = group.clone();
            move || {
                group.done();
                tx.send(2).unwrap();
            }
        });
        assert!(!group.wait_timeout(Duration::MAX).timed_out());
        assert_eq!(rx.recv_timeout(Duration::MAX), Ok(2));
        waker.join().unwrap();
    });
}

#[test]
fn a_handle_is_joined_within_no_time_and_within_all_time() {
    runtime(1).run(|| {
        let (tx, rx) = chan::bounded::<()>(0);
        let other = go(move || rx.recv().is_err());
        let other = other.join_timeout(Duration::ZERO).expect_err("it waits");
        drop(tx);
        assert!(other.join_timeout(Duration::MAX).expect("it ends").unwrap());
    });
}

#[test]
fn a_timer_that_was_stopped_is_stopped_again_and_dropped_set() {
    let rt = runtime(1);
    rt.run(|| {
        let timer = Timer::new(Duration::MAX);
        assert!(timer.stop());
        assert!(!timer.stop());
        assert!(!timer.reset(Duration::from_secs(3_600)));
        drop(timer); // it stays set, and its runtime ends
    });
}

#[test]
fn a_pending_timer_is_no_deadlock() {
    let rt = runtime(1);
    rt.run(|| {
        let (tx, rx) = chan::bounded(0);
        go(move || {
            sleep(ms(300));
            tx.send(()).unwrap();
        });
        rx.recv().unwrap();
    });
}

#[test]
fn a_runtime_ends_while_goroutines_sleep() {
    for procs in [1, 2] {
        let rt = runtime(procs);
        let sleepers: Vec<_> =
            (0..20).map(|_| rt.go(|| sleep(Duration::from_secs(3_600)))).collect();
        rt.run(|| sleep(ms(2)));
        let start = Instant::now();
        drop(rt);
        assert_took(start, Duration::ZERO);
        assert!(sleepers.iter().all(gosched::JoinHandle::is_finished));
    }
}

#[test]
fn timers_are_set_and_stopped_by_other_threads() {
    let rt = runtime(2);
    let timer = Arc::new(rt.run(|| Timer::new(Duration::from_secs(3_600))));
    let others: Vec<_> = (0..2)
        .map(|_| {
            let timer = timer.clone();
            thread::spawn(move || {
                for _ in 0..1_000 {
                    timer.reset(Duration::from_micros(1));
                    timer.stop();
                }
            })
        })
        .collect();
    rt.run(|| {
        for i in 0..20 {
            gosched::set_procs(1 + i % 2);
        }
    });
    others.into_iter().for_each(|other| other.join().unwrap());
    assert!(!timer.stop());
}

/// What a function owns may wait or panic when it is dropped: never on a thread's own stack, and no end of a
/// runtime stops halfway.
struct Bomb(Arc<AtomicU32>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
        sleep(Duration::from_micros(10));
        panic!("as expected");
    }
}

#[test]
fn what_the_function_of_a_timer_owns_may_panic_when_it_is_dropped() {
    let dropped = Arc::new(AtomicU32::new(0));
    let rt = runtime(2);
    let bombs = dropped.clone();
    rt.run(move || {
        for i in 0..50 {
            let bomb = Bomb(bombs.clone());
            let timer = after_func(Duration::from_micros(i), move || {
                let _ = &bomb;
            });
            drop(timer); // it fires all the same, and then nobody has it
        }
        while bombs.load(Relaxed) < 50 {
            sleep(ms(1));
        }
        for _ in 0..3 {
            let bomb = Bomb(bombs.clone());
            after_func(Duration::from_secs(3_600), move || {
                let _ = &bomb;
            });
        }
    });
    drop(rt);
    assert_eq!(dropped.load(Relaxed), 53);
}

#[test]
fn a_timer_of_an_ended_runtime_is_not_set_though_goroutines_are_left_behind() {
    let rt = runtime(1);
    let timer = rt.run(|| {
        go(|| sleep(Duration::MAX)); // never comes to its end
        Timer::new(Duration::from_secs(3_600))
    });
    drop(rt);
    assert!(!timer.reset(ms(1)));
    assert!(!timer.reset(ms(1)));
    assert!(!timer.stop());
}
