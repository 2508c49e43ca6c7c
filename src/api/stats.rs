//! Counting goroutines, processors and threads.

use crate::facade::Ordering::Relaxed;
use crate::sched::schedt::Sched;

/// The numbers of goroutines, processors and threads of a runtime, returned by
/// [`Runtime::stats`](crate::Runtime::stats).
///
/// Each number is read by itself while the runtime runs, so they may not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Goroutines that have started and not ended.
    pub goroutines: usize,
    /// Processors: how many goroutines may run at the same moment.
    pub procs: usize,
    /// Processors that have nothing to do.
    pub procs_idle: usize,
    /// Threads that run goroutines, or wait for one to run. Two or three helper threads are not
    /// counted.
    pub threads: usize,
    /// Threads that wait for a goroutine to run.
    pub threads_idle: usize,
    /// Threads whose goroutine blocks or computes after its processor was given to others.
    pub threads_without_proc: usize,
    /// The limit of `threads`, see [`Builder::max_threads`](crate::Builder::max_threads).
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
