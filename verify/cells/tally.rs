//! Scenarios of `proto/tally`: threads that count, and a reader; then a whole scheduler that has metrics.

use std::sync::Arc;

use super::runtime::{rest, start};
use super::{Scenario, beside, window};
use crate::facade::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use crate::proto::tally::{Shared, Tally};
use crate::sync::Mutex;
use crate::{Metrics, Runtime};

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { tally:
            a_reader_finds_no_more_than_was_added_and_at_last_all =
                TWO_WRITERS, loom All, shuttle depth_first;
            an_effect_is_read_with_its_cause = CAUSE, loom All, shuttle depth_first;
            what_two_add_in_turn_is_there = TURNS, loom Preemptions(4), shuttle cut(200, 20_000);
            a_goroutine_that_is_woken_early_is_measured = WOKEN_EARLY, loom Window(2), shuttle sampled;
        }
    };
}
pub(crate) use suite;

/// The words of these tallies.
const EFFECT: usize = 0;
const CAUSE_OF_IT: usize = 1;

/// Two threads add to tallies of their own.
pub(crate) const TWO_WRITERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let tallies: [Arc<Tally<1>>; 2] = [(); 2].map(|()| Arc::new(Tally::new()));
        let sum = |tallies: &[Arc<Tally<1>>; 2]| tallies[0].read(0) + tallies[1].read(0);
        let writers = tallies.each_ref().map(|tally| {
            beside(tally, |tally| {
                tally.add(0, 1);
                tally.add(0, 2);
            })
        });
        let found = sum(&tallies);
        writers.into_iter().for_each(crate::facade::thread::JoinHandle::join);
        assert_eq!(sum(&tallies), 6, "all is there when the writers are done");
        format!("{found}")
    },
    outcomes: &["0", "1", "2", "3", "4", "6"],
};

/// What two threads have.
struct House {
    first: Tally<2>,
    second: Tally<2>,
    /// 1 once the first has told the second.
    told: AtomicU32,
}

/// A thread counts a cause and tells another, which then counts the effect.
pub(crate) const CAUSE: Scenario = Scenario {
    threads: 3,
    run: || {
        let house =
            Arc::new(House { first: Tally::new(), second: Tally::new(), told: AtomicU32::new(0) });
        let first = beside(&house, |house| {
            house.first.add(CAUSE_OF_IT, 1);
            house.told.store(1, Release);
        });
        let second = beside(&house, |house| {
            if house.told.load(Acquire) == 1 {
                house.second.add(EFFECT, 1);
            }
        });
        let [effects, causes] = [EFFECT, CAUSE_OF_IT]
            .map(|word| [&house.first, &house.second].map(|tally| tally.read(word)).iter().sum());
        let _: (usize, usize) = (effects, causes);
        first.join();
        second.join();
        format!("{causes} causes, {effects} effects")
    },
    outcomes: &["0 causes, 0 effects", "1 causes, 0 effects", "1 causes, 1 effects"],
};

/// Two threads without tallies of their own add to one that they share, beside a reader.
pub(crate) const TURNS: Scenario = Scenario {
    threads: 3,
    run: || {
        let shared = Arc::new(Shared::<1>::new());
        let writers =
            [(); 2].map(|()| beside(&shared, |shared| shared.write(|tally| tally.add(0, 1))));
        let found = shared.read(0);
        writers.into_iter().for_each(crate::facade::thread::JoinHandle::join);
        assert_eq!(shared.read(0), 2, "nothing is lost");
        format!("{found}")
    },
    outcomes: &["0", "1", "2"],
};

/// What a runtime that rests has counted: each run began and ended, and each wake-up ended a wait.
fn metrics(rt: &Runtime) -> Metrics {
    rest(rt);
    let metrics = rt.metrics().expect("it was asked for");
    assert_eq!(metrics.goroutines_started, metrics.goroutines_ended);
    assert_eq!(metrics.time_to_run.count(), metrics.runs);
    assert_eq!(metrics.time_running.count(), metrics.runs);
    assert_eq!(metrics.time_to_lock.count(), metrics.wakeups);
    metrics
}

/// A goroutine waits for a mutex, and the thread that has it may wake it before it has left its stack. The moments in
/// its header are one's at a time.
pub(crate) const WOKEN_EARLY: Scenario = Scenario {
    threads: 2,
    run: || {
        let rt = start(Runtime::builder().procs(1).metrics(true));
        rest(&rt);
        let mutex = Arc::new(Mutex::new(()));
        let held = mutex.lock().unwrap();
        window(|| {
            let waits = rt.go({
                let mutex = mutex.clone();
                move || drop(mutex.lock().unwrap())
            });
            drop(held);
            waits.join().expect("it returns");
        });
        let metrics = metrics(&rt);
        drop(rt);
        format!("{} wake-ups", metrics.wakeups)
    },
    outcomes: &["0 wake-ups", "1 wake-ups"],
};
