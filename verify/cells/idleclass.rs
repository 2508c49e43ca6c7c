//! Programs over the whole scheduler with goroutines of the idle class, and with pauses.

use std::sync::Arc;

use super::runtime::{OnStack, end, in_runtime, runtime};
use super::{Scenario, window};
use crate::facade::spin_hint;
use crate::proto::note::Note;
use crate::{go_idle, pause};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { idleclass:
            a_goroutine_of_the_idle_class_runs_when_nothing_else_does =
                FROM_OUTSIDE, loom Window(2), shuttle sampled;
            a_goroutine_of_the_idle_class_runs_beside_a_hog =
                BESIDE_A_HOG, loom Window(2), shuttle sampled;
            what_is_started_in_a_pause_runs_after_it = PAUSED, loom Window(1), shuttle sampled;
            whoever_ends_a_pause_wakes_for_what_it_held =
                ENDED_BY_A_THREAD, loom Window(2), shuttle at_random;
        }
    };
}
pub(crate) use suite;

/// An ordinary thread starts a goroutine of the idle class while the only M parks, or looks.
pub(crate) const FROM_OUTSIDE: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let got = window(|| rt.go_idle(|| OnStack::new().touch()).join().expect("it returns"));
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 1"],
};

/// A goroutine starts one of the idle class and keeps its thread until that has run.
pub(crate) const BESIDE_A_HOG: Scenario = Scenario {
    threads: 3,
    run: || {
        in_runtime(2, || {
            let ran = Arc::new(Note::new());
            window(|| {
                let idle = go_idle({
                    let ran = ran.clone();
                    move || ran.wakeup()
                });
                ran.sleep();
                idle
            })
            .join()
            .expect("it returns");
        });
        String::from("it ran")
    },
    outcomes: &["it ran"],
};

/// A goroutine pauses the others while one is started from outside, which runs afterwards.
pub(crate) const PAUSED: Scenario = Scenario {
    threads: 3,
    run: || {
        let rt = runtime(2);
        let pauses = rt.go(|| {
            let stack = OnStack::new();
            stack.touch();
            let pause = pause();
            let touched = stack.touch();
            drop(pause);
            touched
        });
        let other = window(|| rt.go(|| OnStack::new().touch()).join().expect("it returns"));
        let touched = pauses.join().expect("it returns");
        end(rt, 0);
        format!("{other}, {touched}")
    },
    outcomes: &["1, 2"],
};

/// An ordinary thread ends its pause while the only M is parked: that M must be woken for the
/// goroutine that it held back, after that was queued.
pub(crate) const ENDED_BY_A_THREAD: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = runtime(1);
        let sched = rt.sched();
        let pause = rt.pause();
        let other = rt.go(|| OnStack::new().touch());
        while sched.idle.idle_counts() != (1, 1) || !sched.globrunq.is_empty() {
            spin_hint(); // progress: the M holds it back and parks
        }
        let got = window(|| {
            drop(pause);
            other.join().expect("it returns")
        });
        end(rt, 0);
        format!("got {got}")
    },
    outcomes: &["got 1"],
};
