//! Numbers of a runtime.

use crate::facade::Ordering::Relaxed;
use crate::sched::schedt::Sched;

/// What a runtime consists of at one moment, see [`Runtime::stats`](crate::Runtime::stats). Others go
/// on while it is counted, so the numbers need not fit together to the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Goroutines that have started and not ended.
    pub goroutines: usize,
    /// How many goroutines may run at the same moment.
    pub procs: usize,
    /// Of those, how many have nothing to do.
    pub procs_idle: usize,
    /// Threads that run goroutines, or wait for one.
    pub threads: usize,
    /// Of those, how many wait.
    pub threads_idle: usize,
    /// Threads whose goroutine blocks or computes without a processor, because others have got it.
    /// At most `max_threads` less `procs`.
    pub threads_without_proc: usize,
    /// How many threads there may be.
    pub max_threads: usize,
}

impl Stats {
    pub(super) fn of(sched: &Sched) -> Self {
        let procs = sched.allp.len() as usize;
        let (procs_idle, unlocked_idle) = sched.idle.idle_counts();
        let threads = sched.mlife.count() as usize;
        // Relaxed: statistic; below zero while one is handed a P before it has parked.
        let locked_idle = sched.locked_idle.load(Relaxed).cast_signed().max(0).unsigned_abs();
        let threads_idle = unlocked_idle + locked_idle as usize;
        let busy = procs.saturating_sub(procs_idle);
        Self {
            goroutines: sched.num_goroutines(),
            procs,
            procs_idle,
            threads,
            threads_idle,
            threads_without_proc: threads.saturating_sub(threads_idle + busy),
            max_threads: sched.mlife.limit() as usize,
        }
    }
}
