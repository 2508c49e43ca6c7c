//! Timers among many, and timers on time (`BenchmarkSleep1000` and `BenchmarkParallelTimerLatency` of
//! Go's time).

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel, Ordering::Acquire};
use std::time::{Duration, Instant};

use gosched::go;
use gosched::sync::WaitGroup;
use gosched::time::{Timer, after_func, sleep};
use harness::work::spin;
use harness::{GARBAGE, HOUR, NAPS, TIMER_DELAY, procs, shares};

use crate::join_all;

pub(crate) fn sleep_1000(n: u64) -> Duration {
    let garbage: Vec<_> = (0..procs()).map(|_| go(set_garbage)).collect();
    let garbage = join_all(garbage);
    let start = Instant::now();
    let workers = shares(n, procs()).map(|rounds| go(move || (0..rounds).for_each(|_| nap())));
    join_all(workers.collect());
    let elapsed = start.elapsed();
    assert!(garbage.iter().flatten().all(Timer::stop), "none has fired");
    elapsed
}

fn set_garbage() -> Vec<Timer> {
    (0..GARBAGE).map(|_| after_func(HOUR, || ())).collect()
}

fn nap() {
    let all = WaitGroup::new();
    all.add(NAPS as usize);
    for _ in 0..NAPS {
        let all = all.clone();
        go(move || {
            sleep(Duration::from_nanos(1));
            all.done();
        });
    }
    all.wait();
}

/// Returns how late `n` rounds of timers fired, all but one of the procs having one each.
pub(crate) fn timer_latency(n: u64) -> Duration {
    let mut late = Duration::ZERO;
    for _ in 0..n {
        late += fire_together(procs() - 1);
        spin(TIMER_DELAY); // the other procs fall asleep
    }
    late
}

/// Returns how late they fired, on average. Who has set them computes until they have.
fn fire_together(timers: u64) -> Duration {
    let (late, fired) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let all = WaitGroup::new();
    all.add(timers as usize);
    let set = |_| {
        let (late, fired, all) = (late.clone(), fired.clone(), all.clone());
        let due = Instant::now() + TIMER_DELAY;
        after_func(TIMER_DELAY, move || {
            late.fetch_add(due.elapsed().as_nanos() as u64, AcqRel);
            fired.fetch_add(1, AcqRel);
            while fired.load(Acquire) < timers {
                spin_loop();
            }
            all.done();
        })
    };
    let _set: Vec<Timer> = (0..timers).map(set).collect();
    while fired.load(Acquire) < timers {
        spin_loop();
    }
    all.wait();
    Duration::from_nanos(late.load(Acquire) / timers)
}
