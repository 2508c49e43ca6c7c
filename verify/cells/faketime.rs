//! Scenarios of `proto/faketime`: goroutines that are played by threads, and whole runtimes.
//!
//! A goroutine asks for the time when it wakes and before it waits again. It must be the same moment, and
//! that of its deadline: not a later one.

use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::runtime::{end, fate};
use super::{Scenario, beside, spawn, window};
use crate::chan;
use crate::facade::shortage;
use crate::proto::faketime::{FakeTime, Left};
use crate::proto::note::Note;
use crate::proto::timers::NEVER;
use crate::proto::waitq::Waiter;
use crate::sched::{idling, nap, virtually};
use crate::time::Timer;
use crate::{Runtime, go};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { faketime:
            time_stands_still_for_one_who_was_woken_from_outside = WOKEN, loom Preemptions(3), shuttle sampled;
            time_stands_still_for_one_whose_note_is_set = BED, loom Preemptions(3), shuttle sampled;
            who_waits_until_all_others_wait_comes_before_the_next_moment =
                LAST, loom Preemptions(3), shuttle sampled;
            a_goroutine_sleeps_until_its_moment_exactly = ONE, loom Window(2), shuttle sampled;
            two_goroutines_sleep_until_the_same_moment_exactly = TWO, loom Window(1), shuttle sampled;
            time_stands_still_for_a_goroutine_that_a_thread_wakes =
                OUTSIDE, loom Window(2), shuttle sampled;
            time_stands_still_for_a_goroutine_that_is_woken_early =
                EARLY, loom Window(1), shuttle sampled;
            a_timer_that_a_thread_sets_beside_the_last_wait_fires = SET, loom Window(2), shuttle sampled;
            no_moment_is_missed_while_timers_move = RESIZED, loom Window(1), shuttle sampled;
            a_runtime_ends_while_a_goroutine_waits_for_all_others =
                ENDS, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// The only deadline, as long as it is not past.
const DEADLINE: u64 = 5;

/// A clock, and two who can run.
struct Stage {
    time: FakeTime<Arc<Note>>,
    bed: Arc<Note>,
}

impl Stage {
    fn new() -> Arc<Self> {
        let time = FakeTime::new(0, Instant::now());
        time.enter();
        Arc::new(Self { time, bed: Arc::new(Note::new()) })
    }

    /// What the scheduler does with it.
    fn act(left: Left<Arc<Note>>) {
        if let Left::All(wakers) = left {
            wakers.into_iter().for_each(|waker| waker.wakeup());
        }
    }

    fn leave(&self) {
        Self::act(self.time.leave(|| DEADLINE));
    }

    /// Runs for a moment; says at which.
    fn run(&self) -> u64 {
        let now = self.time.now_ns();
        assert_eq!(self.time.now_ns(), now, "time passes while one runs");
        now
    }
}

/// One waits, and beside it another is woken by who is not counted.
pub(crate) const WOKEN: Scenario = Scenario {
    threads: 2,
    run: || {
        let stage = Stage::new();
        let other = beside(&stage, Stage::leave);
        stage.time.enter();
        let now = stage.run();
        stage.leave();
        other.join();
        assert_eq!(stage.time.now_ns(), DEADLINE);
        format!("{now}")
    },
    outcomes: &["0", "5"],
};

/// One sleeps on its note, and the other wakes it and waits.
pub(crate) const BED: Scenario = Scenario {
    threads: 2,
    run: || {
        let stage = Stage::new();
        stage.time.enter();
        let other = beside(&stage, |stage| {
            stage.bed.wakeup();
            stage.leave();
        });
        // SAFETY: the note stays until the stage goes.
        Stage::act(unsafe { stage.time.lie_down(&stage.bed, || NEVER) });
        stage.bed.sleep();
        stage.time.get_up(&stage.bed);
        stage.bed.clear();
        let now = stage.run();
        stage.leave();
        other.join();
        assert_eq!(stage.time.now_ns(), DEADLINE);
        format!("{now}")
    },
    outcomes: &["0"],
};

/// One waits until all others wait, and another waits for the deadline.
pub(crate) const LAST: Scenario = Scenario {
    threads: 2,
    run: || {
        let stage = Stage::new();
        stage.time.enter();
        let other = beside(&stage, Stage::leave);
        let waiter = Waiter::new((), stage.bed.clone());
        // SAFETY: it stays until it was woken.
        unsafe { stage.time.queue(&waiter) };
        stage.leave();
        stage.bed.sleep();
        let now = stage.run();
        stage.leave();
        other.join();
        assert_eq!(stage.time.now_ns(), DEADLINE);
        format!("{now}")
    },
    outcomes: &["0"],
};

/// A runtime of the model, with virtual time.
pub(super) fn runtime(procs: usize) -> Runtime {
    shortage::ends();
    let builder = Runtime::builder().procs(procs).virtual_time(true);
    // SAFETY: the programs below know nothing about threads.
    unsafe { builder.start() }.expect("a model can always start a thread")
}

/// Time stands still while this runs.
fn look() -> u64 {
    let now = virtually::now_ns();
    crate::yield_now();
    assert_eq!(virtually::now_ns(), now, "time passes while one runs");
    now
}

/// Sleeps until a moment, and not longer.
fn nap(until: u64) -> u64 {
    nap::sleep(until, Location::caller());
    assert_eq!(virtually::now_ns(), until, "it is late");
    look()
}

/// One that sleeps.
pub(crate) const ONE: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let moment = window(|| rt.run(|| nap(5)));
        end(rt, 0);
        format!("{moment}")
    },
    outcomes: &["5"],
};

/// Two that sleep until the same moment, and one of them until a later one.
pub(crate) const TWO: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let moments = window(|| {
            let first = rt.go(|| nap(5));
            let second = rt.go(|| nap(5) + nap(7));
            [first, second].map(|sleeper| sleeper.join().expect("it returns"))
        });
        end(rt, 0);
        format!("{moments:?}")
    },
    outcomes: &["[5, 12]"],
};

/// One sleeps, and a thread wakes another.
pub(crate) const OUTSIDE: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let (tx, rx) = chan::bounded(1);
        let woken = rt.go(move || {
            rx.recv().expect("it is sent");
            look()
        });
        let moment = window(|| {
            let sleeper = rt.go(|| nap(5));
            tx.send(()).expect("it is received");
            sleeper.join().expect("it returns");
            woken.join().expect("it returns")
        });
        end(rt, 0);
        format!("{moment}")
    },
    outcomes: &["0", "5"],
};

/// One wakes another, which may not have parked yet, and sleeps.
pub(crate) const EARLY: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let (tx, rx) = chan::bounded(1);
        let moments = window(|| {
            let woken = rt.go(move || {
                rx.recv().expect("it is sent");
                look()
            });
            let sleeper = rt.go(move || {
                tx.send(()).expect("it is received");
                nap(5)
            });
            [woken, sleeper].map(|goroutine| goroutine.join().expect("it returns"))
        });
        end(rt, 0);
        format!("{moments:?}")
    },
    outcomes: &["[0, 5]"],
};

/// The last that runs waits for a timer, and a thread sets that.
pub(crate) const SET: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let timer = Arc::new(rt.run(|| {
            let timer = Timer::new(Duration::from_nanos(100));
            timer.stop();
            timer
        }));
        let waits = rt.go({
            let timer = timer.clone();
            move || {
                timer.receiver().recv().expect("it fires");
                virtually::now_ns()
            }
        });
        let moment = window(|| {
            timer.reset(Duration::from_nanos(5));
            waits.join().expect("it returns")
        });
        drop(timer);
        end(rt, 0);
        format!("{moment}")
    },
    outcomes: &["5"],
};

/// Another number of Ps, while timers are pending and a thread sets one.
pub(crate) const RESIZED: Scenario = Scenario {
    threads: 4,
    run: || {
        let rt = runtime(2);
        let timer = rt.run(|| {
            let timer = Timer::new(Duration::MAX);
            timer.stop();
            timer
        });
        let moments = window(|| {
            let both = rt.go(|| {
                let other = go(|| nap(5));
                [nap(6), other.join().expect("it returns")]
            });
            let setter = spawn(move || {
                timer.reset(Duration::MAX);
            });
            rt.set_procs(1);
            let moments = both.join().expect("it returns");
            setter.join();
            moments
        });
        end(rt, 0);
        format!("{moments:?}")
    },
    outcomes: &["[6, 5]"],
};

/// The runtime ends, and another goroutine never waits.
pub(crate) const ENDS: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let waits = rt.go(|| {
            let (_tx, rx) = chan::bounded::<()>(0);
            let other = go(move || rx.recv());
            idling::wait_idle(virtually::here().expect("in a goroutine"), Location::caller());
            drop(other);
        });
        window(|| drop(rt));
        String::from(fate(waits))
    },
    outcomes: &["it ended", "it is lost"],
};
