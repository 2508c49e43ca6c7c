//! Timers among many, and timers on time (`BenchmarkSleep1000` and `BenchmarkParallelTimerLatency` of
//! Go's time).

use std::future::poll_fn;
use std::hint::spin_loop;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel, Ordering::Acquire};
use std::task::Poll;
use std::time::{Duration, Instant};

use harness::work::spin;
use harness::{GARBAGE, HOUR, NAPS, TIMER_DELAY, procs, shares};
use tokio::task::{spawn, unconstrained, yield_now};
use tokio::time::{Sleep, sleep};

use crate::{WaitGroup, join_all};

pub(crate) async fn sleep_1000(n: u64) -> Duration {
    let garbage = (0..procs()).map(|_| spawn(set_garbage()));
    let garbage = join_all(garbage.collect()).await;
    let start = Instant::now();
    let workers = shares(n, procs()).map(|rounds| {
        spawn(async move {
            for _ in 0..rounds {
                nap().await;
            }
        })
    });
    join_all(workers.collect()).await;
    let elapsed = start.elapsed();
    assert!(garbage.iter().flatten().all(|timer| !timer.is_elapsed()), "none has fired");
    elapsed
}

async fn set_garbage() -> Vec<Pin<Box<Sleep>>> {
    let mut timers = Vec::with_capacity(GARBAGE as usize);
    for _ in 0..GARBAGE {
        timers.push(set(HOUR).await);
    }
    timers
}

/// A timer is set when it is first polled; `unconstrained`, for else it would not be once the task has
/// spent its budget.
pub(crate) async fn set(time: Duration) -> Pin<Box<Sleep>> {
    let mut timer = Box::pin(sleep(time));
    let mut polled = unconstrained(timer.as_mut());
    let is_pending = poll_fn(|cx| Poll::Ready(Pin::new(&mut polled).poll(cx).is_pending()));
    assert!(is_pending.await, "it is not due yet");
    timer
}

async fn nap() {
    let all = Arc::new(WaitGroup::new(NAPS));
    for _ in 0..NAPS {
        let all = all.clone();
        spawn(async move {
            sleep(Duration::from_nanos(1)).await;
            all.done();
        });
    }
    all.wait().await;
}

/// Returns how late `n` rounds of timers fired, all but one of the procs having one each.
pub(crate) async fn timer_latency(n: u64) -> Duration {
    let mut late = Duration::ZERO;
    for _ in 0..n {
        late += fire_together(procs() - 1).await;
        spin(TIMER_DELAY); // the other workers fall asleep
    }
    late
}

/// Returns how late they fired, on average. Who has set them computes until they have.
async fn fire_together(timers: u64) -> Duration {
    let (late, fired) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let all = Arc::new(WaitGroup::new(timers));
    for _ in 0..timers {
        let (late, fired, all) = (late.clone(), fired.clone(), all.clone());
        spawn(async move {
            let due = Instant::now() + TIMER_DELAY;
            sleep(TIMER_DELAY).await;
            late.fetch_add(due.elapsed().as_nanos() as u64, AcqRel);
            fired.fetch_add(1, AcqRel);
            while fired.load(Acquire) < timers {
                spin_loop();
            }
            all.done();
        });
    }
    yield_now().await; // no other worker takes the task that was spawned last
    while fired.load(Acquire) < timers {
        spin_loop();
    }
    all.wait().await;
    Duration::from_nanos(late.load(Acquire) / timers)
}
