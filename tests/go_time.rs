//! Go's own tests of timers, by meaning and with Go's parameters (`src/time/*_test.go`). Where a test is
//! about which moment comes first, it runs on virtual time: there it cannot fail for a busy machine.

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
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gosched::sync::WaitGroup;
use gosched::time::{Ticker, Timer, after_func, now, sleep, wait_idle};
use gosched::{Runtime, chan, go, set_procs, stop_the_world};
use harness::{runtime, start};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn on_virtual_time(f: fn()) {
    start(Runtime::builder().procs(1).virtual_time(true)).run(f);
}

/// `TestAfterFunc`: ten calls, each of which sets the next to at once.
#[test]
fn a_function_that_is_called_sets_the_next_timer() {
    fn next(left: u32, done: chan::Sender<u32>) {
        after_func(Duration::ZERO, move || match left {
            0 => done.send(left).unwrap(),
            _ => next(left - 1, done.clone()),
        });
    }
    runtime(2).run(|| {
        let (tx, rx) = chan::bounded(1);
        next(10, tx);
        assert_eq!(rx.recv(), Ok(0));
    });
}

/// `TestAfter`, `TestAfterTick`, `TestTicker`: never early, on real time, and the time that comes is that.
#[test]
fn what_a_timer_sends_is_never_early() {
    runtime(2).run(|| {
        let began = Instant::now();
        let sent = Timer::new(ms(100)).receiver().recv().unwrap();
        assert!(sent >= began + ms(100) && Instant::now() >= sent);
        let began = Instant::now();
        let ticker = Ticker::new(ms(10));
        (0..10).for_each(|_| _ = ticker.receiver().recv().unwrap());
        assert!(began.elapsed() >= ms(100));
    });
}

/// `TestAfterStop`: a timer that was stopped does not fire, and one beside it does.
#[test]
fn a_timer_that_was_stopped_does_not_fire() {
    on_virtual_time(|| {
        let called = Arc::new(AtomicU32::new(0));
        let count = called.clone();
        let first = after_func(ms(100), move || _ = count.fetch_add(1, Relaxed));
        let second = Timer::new(ms(200));
        assert!(first.stop());
        assert!(!first.stop());
        second.receiver().recv().unwrap();
        assert!(!second.stop());
        assert_eq!(called.load(Relaxed), 0);
    });
}

/// `TestTickerStress`, `TestTickerConcurrentStress`: a ticker of 1 ns beside stops of the world.
#[test]
fn a_ticker_of_a_nanosecond_ticks_beside_stops_of_the_world() {
    let rt = runtime(2);
    rt.run(|| {
        let stop = Arc::new(AtomicU32::new(0));
        let noise = go({
            let stop = stop.clone();
            move || {
                while stop.load(Relaxed) == 0 {
                    stop_the_world(|_| ());
                    gosched::yield_now();
                }
            }
        });
        let ticker = Arc::new(Ticker::new(Duration::from_nanos(1)));
        let receivers: Vec<_> = (0..10)
            .map(|_| {
                let ticker = ticker.clone();
                go(move || (0..100).for_each(|_| _ = ticker.receiver().recv().unwrap()))
            })
            .collect();
        receivers.into_iter().for_each(|receiver| receiver.join().unwrap());
        stop.store(1, Relaxed);
        noise.join().unwrap();
    });
}

/// `TestAfterFuncStarvation` (golang/go#65178): two that ready each other for ever on one processor keep no
/// timer waiting.
#[test]
fn two_goroutines_that_ready_each_other_keep_no_timer_waiting() {
    runtime(1).run(|| {
        let (ping, pings) = chan::bounded::<()>(0);
        let (pong, pongs) = chan::bounded::<()>(0);
        let stop = Arc::new(AtomicU32::new(0));
        let echo = go(move || pings.iter().for_each(|()| pong.send(()).unwrap()));
        let player = go({
            let stop = stop.clone();
            move || {
                while stop.load(Relaxed) == 0 {
                    ping.send(()).unwrap();
                    pongs.recv().unwrap();
                }
            }
        });
        let (tx, rx) = chan::bounded(1);
        after_func(Duration::from_micros(1), move || tx.send(()).unwrap());
        rx.recv().unwrap();
        stop.store(1, Relaxed);
        [player, echo].into_iter().for_each(|goroutine| goroutine.join().unwrap());
    });
}

/// `TestAfterQueuing`: thirteen timers fire in the order of their moments.
#[test]
fn timers_fire_in_the_order_of_their_moments() {
    on_virtual_time(|| {
        const SLOTS: [u64; 13] = [5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0];
        let (tx, rx) = chan::unbounded();
        let began = now();
        for slot in SLOTS {
            let tx = tx.clone();
            after_func(ms(slot * 20), move || tx.send((slot, now())).unwrap());
        }
        drop(tx);
        let mut sorted = SLOTS;
        sorted.sort_unstable();
        for slot in sorted {
            assert_eq!(rx.recv(), Ok((slot, began + ms(slot * 20))));
        }
    });
}

/// `TestTimerStopStress`: a hundred are stopped a second before they would fire.
#[test]
fn none_of_many_timers_that_were_stopped_fires() {
    on_virtual_time(|| {
        let called = Arc::new(AtomicU32::new(0));
        let timers: Vec<_> = (0..100)
            .map(|_| {
                let called = called.clone();
                after_func(ms(2_000), move || _ = called.fetch_add(1, Relaxed))
            })
            .collect();
        sleep(ms(1_000));
        assert!(timers.iter().all(Timer::stop));
        sleep(ms(3_000));
        wait_idle();
        assert_eq!(called.load(Relaxed), 0);
    });
}

/// `TestSleepZeroDeadlock`: sleeps of no time beside stops of the world.
#[test]
fn sleeps_of_no_time_beside_stops_of_the_world_end() {
    runtime(4).run(|| {
        let sleeper = go(|| (0..100).for_each(|_| sleep(Duration::ZERO)));
        for _ in 0..100 {
            stop_the_world(|_| ());
            go(|| sleep(Duration::ZERO)).join().unwrap();
        }
        sleeper.join().unwrap();
    });
}

/// `TestReset`: the results, and that the last moment set is the one that counts.
#[test]
fn a_reset_says_whether_the_timer_was_set() {
    on_virtual_time(|| {
        let began = now();
        let timer = Timer::new(ms(100));
        sleep(ms(50));
        assert!(timer.reset(ms(150)));
        sleep(ms(100));
        assert!(timer.receiver().is_empty());
        assert_eq!(timer.receiver().recv(), Ok(began + ms(200)));
        assert!(!timer.reset(ms(50)));
        assert_eq!(timer.receiver().recv(), Ok(began + ms(250)));
    });
}

/// `TestOverflowSleep`, `TestOverflowPeriodRuntimeTimer`, `TestOverflowRuntimeTimer`: what is too long never
/// comes, and disturbs nothing that does.
#[test]
fn durations_that_are_too_long_never_pass() {
    const TIMES: [Duration; 3] =
        [Duration::MAX, Duration::from_nanos(u64::MAX), Duration::from_nanos(1 << 63)];
    runtime(2).run(|| {
        for far in TIMES {
            let timer = Timer::new(far);
            let ticker = Ticker::new(far);
            let sleeper = go(move || sleep(far));
            assert!(timer.reset(far));
            ticker.reset(far);
            sleep(ms(2));
            assert!(timer.receiver().is_empty() && ticker.receiver().is_empty());
            assert!(!sleeper.is_finished());
            assert!(timer.stop());
        }
    });
}

/// `TestZeroTimerCanFire` and its kin: a timer of no time fires once for each time that it is set.
#[test]
fn a_timer_of_no_time_fires_at_once_and_once() {
    runtime(2).run(|| {
        let timer = Timer::new(Duration::ZERO);
        for _ in 0..1_000 {
            timer.receiver().recv().unwrap();
            assert!(timer.receiver().is_empty());
            assert!(!timer.reset(Duration::ZERO));
        }
    });
}

/// `TestTimerModifiedEarlier`: one that is set to an earlier moment fires then. 1,000 rounds of 10.
#[test]
fn a_timer_that_is_set_to_an_earlier_moment_fires_then() {
    runtime(2).run(|| {
        let far = Duration::from_secs(365 * 24 * 3_600);
        for _ in 0..1_000 {
            let timer = Timer::new(far);
            for _ in 0..10 {
                assert!(timer.stop());
                assert!(!timer.reset(far));
            }
            assert!(timer.reset(Duration::from_nanos(1)));
            timer.receiver().recv().unwrap();
        }
    });
}

/// `TestAdjustTimers` (golang/go#47762): timers that are set now early and now late: each fires in the end.
#[test]
fn timers_that_are_set_early_and_late_in_turn_are_never_lost() {
    on_virtual_time(|| {
        let late = ms(10_000);
        let timers: Vec<_> = (0..100).map(|_| Timer::new(late)).collect();
        let mut seed = 7_u64;
        let mut next = move |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n
        };
        for _ in 0..11 {
            for timer in &timers {
                match next(3) {
                    0 => drop(timer.reset(late)),
                    1 => drop(timer.reset(ms(next(50)))),
                    _ => {}
                }
            }
            sleep(ms(next(20)));
        }
        for timer in timers {
            timer.reset(ms(next(750)));
            timer.receiver().recv().unwrap();
        }
    });
}

/// `TestStopResult`, `TestResetResult` (golang/go#69312): what a stop says agrees with the channel. Go starts
/// 1,000 goroutines of 100 rounds; here 200, for they compute.
#[test]
fn what_a_stop_or_a_reset_says_agrees_with_the_channel() {
    runtime(2).run(|| {
        let all: Vec<_> = (0..200)
            .map(|i| {
                go(move || {
                    for round in 0..100_u64 {
                        let timer = Timer::new(Duration::from_micros(round % 3 * 10));
                        if (i + round) % 2 == 0 {
                            gosched::yield_now();
                        }
                        let received = timer.receiver().try_recv().is_ok();
                        let was_set = match round % 2 {
                            0 => timer.stop(),
                            _ => timer.reset(Duration::from_secs(3_600)),
                        };
                        assert!(!(received && was_set), "it had fired");
                        assert!(timer.receiver().is_empty(), "a time of before is left");
                        assert!(round % 2 == 0 || timer.stop(), "it was set");
                    }
                })
            })
            .collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    });
}

/// `TestMultiWakeupTicker`, `TestMultiWakeupTimer`: many wait for one channel, and no tick wakes nobody. Go's
/// 100,000 and 10,000 for each processor; here a tenth.
#[test]
fn many_goroutines_wait_for_one_ticker() {
    runtime(2).run(|| {
        let ticker = Arc::new(Ticker::new(Duration::from_nanos(1)));
        let received = Arc::new(AtomicU64::new(0));
        let all = WaitGroup::new();
        for _ in 0..2 {
            let (ticker, received) = (ticker.clone(), received.clone());
            all.go(move || {
                for _ in 0..10_000 {
                    ticker.receiver().recv().unwrap();
                    received.fetch_add(1, Relaxed);
                }
            });
        }
        all.wait();
        assert_eq!(received.load(Relaxed), 20_000);
        let timer = Arc::new(Timer::new(Duration::ZERO));
        for _ in 0..2 {
            let timer = timer.clone();
            all.go(move || {
                for _ in 0..1_000 {
                    timer.reset(Duration::from_nanos(1));
                    // The other may have set it anew.
                    while timer.receiver().try_recv().is_err() {
                        timer.reset(Duration::from_nanos(1));
                        gosched::yield_now();
                    }
                }
            });
        }
        all.wait();
    });
}

/// `TestTeardown`: tickers that are dropped at once, or after a tick, leave nothing behind.
#[test]
fn tickers_are_made_and_dropped() {
    runtime(2).run(|| {
        for i in 0..300 {
            let ticker =
                Ticker::new(if i % 3 == 0 { Duration::from_micros(10) } else { ms(100_000) });
            if i % 3 == 0 {
                ticker.receiver().recv().unwrap();
            }
            ticker.stop();
        }
    });
}

/// `TestLongAdjustTimers` (golang/go#37874): many timers and a long wait: those who come late are served.
#[test]
fn one_timer_fires_in_time_beside_many_that_are_far() {
    runtime(2).run(|| {
        let far: Vec<_> = (0..20_000).map(|_| Timer::new(Duration::from_secs(3_600))).collect();
        for procs in [1, 2] {
            set_procs(procs);
            Timer::new(ms(1)).receiver().recv().unwrap();
        }
        assert!(far.iter().all(Timer::stop));
    });
}

/// `TestTickerReset` and `TestTick`: the new period counts from the reset on.
#[test]
fn a_ticker_that_is_reset_ticks_in_its_new_period() {
    on_virtual_time(|| {
        let began = now();
        let ticker = Ticker::new(ms(20));
        for i in 1..=10 {
            assert_eq!(ticker.receiver().recv(), Ok(began + i * ms(20)));
        }
        ticker.reset(ms(40));
        for i in 1..=10 {
            assert_eq!(ticker.receiver().recv(), Ok(began + ms(200) + i * ms(40)));
        }
        sleep(ms(1_000)); // twenty-five ticks, of which one is kept
        assert_eq!(ticker.receiver().try_recv(), Ok(began + ms(640)));
        assert!(ticker.receiver().is_empty());
    });
}
