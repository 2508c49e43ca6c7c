//! Who stops the world: a thread, a goroutine, two at once, a pauser; and who is found.

use std::sync::Arc;
use std::sync::atomic::AtomicU32 as Ghost;

use super::stopped::{at_rest, here, stopped, stopper, two_ms};
use crate::cells::runtime::{OnStack, end, in_runtime, runtime};
use crate::cells::{Scenario, window};
use crate::facade::spin_hint;
use crate::proto::note::Note;
use crate::{go, pause, stop_the_world, yield_now};

/// A thread stops the world while goroutines are born, yield, are joined and end.
pub(crate) const BY_A_THREAD: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let sched = rt.sched();
        let seen = window(|| {
            let main = rt.go(|| {
                let stack = OnStack::new();
                stack.touch();
                let other = go(yield_now);
                other.join().expect("it returns");
                assert_eq!(stack.touch(), 2);
            });
            let seen = rt.stop_the_world(|world| {
                at_rest(sched);
                world.num_goroutines()
            });
            main.join().expect("it returns");
            seen
        });
        end(rt, 0);
        format!("{seen} goroutines")
    },
    outcomes: &["0 goroutines", "1 goroutines", "2 goroutines"],
};

/// A goroutine does so, beside another that is born, yields and makes a third.
pub(crate) const BY_A_GOROUTINE: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let stack = OnStack::new();
            window(|| {
                stack.touch();
                let other = go(|| go(|| ()).join().expect("it returns"));
                spin_hint(); // it runs
                let seen = stop_the_world(|world| {
                    at_rest(here());
                    world.num_goroutines()
                });
                other.join().expect("it returns");
                assert_eq!(stack.touch(), 2);
                format!("{seen} goroutines")
            })
        })
    },
    outcomes: &["1 goroutines", "2 goroutines", "3 goroutines"],
};

/// A P is on its way to a parked M, or to a new one, while a thread stops the world. The goroutine
/// that it is for keeps its thread until the world is stopped.
pub(crate) const ON_ITS_WAY: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = two_ms();
        let sched = rt.sched();
        window(|| {
            let stopped = Arc::new(Note::new());
            let one = rt.go({
                let stopped = stopped.clone();
                move || stopped.sleep()
            });
            rt.stop_the_world(|_| {
                at_rest(sched);
                stopped.wakeup();
            });
            one.join().expect("it returns");
        });
        end(rt, 0);
        String::from("it ran")
    },
    outcomes: &["it ran"],
};

/// A goroutine is queued behind one that keeps its thread until it runs, and was left to a spinner
/// that stopped for the world.
pub(crate) const LEFT_TO_A_SPINNER: Scenario = Scenario {
    threads: 4,
    run: || {
        in_runtime(2, || {
            window(|| {
                let freed = Arc::new([Note::new(), Note::new()]);
                let behind = go({
                    let freed = freed.clone();
                    move || freed.iter().for_each(Note::wakeup)
                });
                let hog = go({
                    let freed = freed.clone();
                    move || freed[0].sleep()
                });
                stop_the_world(|_| at_rest(here()));
                freed[1].sleep(); // keeps its thread too
                behind.join().expect("it returns");
                hog.join().expect("it returns");
            });
        });
        String::from("all ran")
    },
    outcomes: &["all ran"],
};

/// Two goroutines stop the world, each while the other wants to.
pub(crate) const TWO_GOROUTINES: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            window(|| {
                let count = Arc::new(Ghost::new(0));
                let other = go(stopper(&count));
                let mine = stop_the_world(|_| stopped(here(), &count));
                let others = other.join().expect("it returns");
                assert_eq!(mine + others, 1);
                String::from(if mine == 0 { "main first" } else { "the other first" })
            })
        })
    },
    outcomes: &["main first", "the other first"],
};

/// One that has paused the others stops the world, and one of those wants to: it must not come to
/// have the right while it is held back.
pub(crate) const IN_A_PAUSE: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            window(|| {
                let count = Arc::new(Ghost::new(0));
                let other = go(stopper(&count));
                let pause = pause();
                yield_now(); // to itself
                let mine = stop_the_world(|_| stopped(here(), &count));
                drop(pause);
                let others = other.join().expect("it returns");
                assert_eq!(mine + others, 1);
                String::from(if mine == 0 { "the pauser first" } else { "the other first" })
            })
        })
    },
    outcomes: &["the other first", "the pauser first"],
};

/// A goroutine and a thread do so.
pub(crate) const A_GOROUTINE_AND_A_THREAD: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let count = Arc::new(Ghost::new(0));
        let (mine, others) = window(|| {
            let other = rt.go(stopper(&count));
            let mine = rt.stop_the_world(|_| stopped(sched, &count));
            (mine, other.join().expect("it returns"))
        });
        assert_eq!(mine + others, 1);
        end(rt, 0);
        String::from(if mine == 0 { "the thread first" } else { "the goroutine first" })
    },
    outcomes: &["the goroutine first", "the thread first"],
};
