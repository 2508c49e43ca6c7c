//! Programs over the whole scheduler whose goroutines sleep, while a thread moves the clock on.

use std::panic::Location;
use std::time::Duration;

use super::runtime::{OnStack, end, fate, runtime};
use super::{Scenario, faketime, spawn, window};
use crate::facade::thread::JoinHandle;
use crate::facade::{moments, now_ns};
use crate::sched::nap;
use crate::time::Timer;
use crate::{Runtime, go};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { time:
            a_goroutine_sleeps_until_its_moment = ONE, loom Window(2), shuttle sampled;
            two_goroutines_sleep_until_their_moments = TWO, loom Window(1), shuttle sampled;
            a_goroutine_sleeps_until_its_moment_beside_a_hog = BESIDE, loom Window(1), shuttle sampled;
            a_runtime_ends_while_a_goroutine_sleeps = ENDS, loom Window(2), shuttle sampled;
            a_timer_moves_when_its_processor_goes = RESIZED, loom Window(1), shuttle sampled;
            stop_and_reset_tell_the_truth_beside_the_call = STOPPED, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// A runtime of a model that has time.
fn with_time(procs: usize) -> Runtime {
    moments::begin();
    runtime(procs)
}

/// Moves the clock on, once, beyond all moments that anybody waits for.
fn clock() -> JoinHandle {
    spawn(|| moments::advance(10))
}

/// Sleeps, and never too short.
fn nap(until: u64) -> u32 {
    let stack = OnStack::new();
    stack.touch();
    nap::sleep(until, Location::caller());
    assert!(now_ns() >= until, "it is early");
    stack.touch()
}

/// One that sleeps while the clock moves on.
pub(crate) const ONE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = with_time(1);
        let slept = window(|| {
            let clock = clock();
            let slept = rt.run(|| nap(5));
            clock.join();
            slept
        });
        end(rt, 0);
        format!("{slept}")
    },
    outcomes: &["2"],
};

/// Two that sleep on two Ps: the one whose moment is earlier may come later.
pub(crate) const TWO: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = with_time(2);
        let slept = window(|| {
            let sleepers = [7, 5].map(|until| rt.go(move || nap(until)));
            let clock = clock();
            let slept = sleepers.map(|sleeper| sleeper.join().expect("it returns"));
            clock.join();
            slept
        });
        end(rt, 0);
        format!("{slept:?}")
    },
    outcomes: &["[2, 2]"],
};

/// One that sleeps, and another that runs when it does, on the only P.
pub(crate) const BESIDE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = with_time(1);
        let slept = window(|| {
            let clock = clock();
            let slept = rt.run(|| {
                let other = go(|| OnStack::new().touch());
                nap(5) + other.join().expect("it returns")
            });
            clock.join();
            slept
        });
        end(rt, 0);
        format!("{slept}")
    },
    outcomes: &["3"],
};

/// The runtime ends, and the moment never comes.
pub(crate) const ENDS: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = with_time(1);
        let sleeper = rt.go(|| nap(1_000));
        window(|| drop(rt));
        String::from(fate(sleeper))
    },
    outcomes: &["it is lost"],
};

/// Another number of Ps, while timers are pending.
pub(crate) const RESIZED: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = with_time(2);
        let sleepers = [5, 6].map(|until| rt.go(move || nap(until)));
        let slept = window(|| {
            rt.set_procs(1);
            let clock = clock();
            let slept = sleepers.map(|sleeper| sleeper.join().expect("it returns"));
            clock.join();
            slept
        });
        end(rt, 0);
        format!("{slept:?}")
    },
    outcomes: &["[2, 2]"],
};

/// A timer is stopped and then set anew, while it calls. A timer that was stopped is not set, whatever the
/// stop said. Go says that it is (golang/go#80760).
pub(crate) const STOPPED: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = faketime::runtime(1);
        let (was_set, is_set) = window(|| {
            let timer = rt.run(|| Timer::new(Duration::from_nanos(5)));
            let said = (timer.stop(), timer.reset(Duration::MAX));
            assert!(timer.receiver().is_empty(), "a time of before is left");
            said
        });
        end(rt, 0);
        format!("{was_set} {is_set}")
    },
    outcomes: &["false false", "true false"],
};
