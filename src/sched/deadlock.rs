//! Noticing that nothing can ever happen again (Go's `checkdead`).
//!
//! When the last M parks, it does so with a time-out. If it runs out, nothing has happened
//! for that long; then, if `run` waits, and the process has no thread but the Ms and those that wait
//! in `run`, nobody is left who could ready a goroutine. Threads that we do not know could, so one
//! of them is enough to keep quiet: the check has no false alarm, and a program with other threads
//! gets none at all.

use super::m::{MRef, Orders};
use super::schedt::Sched;
use crate::facade::Ordering::Relaxed;
use crate::machine::process;

/// How long nothing must have happened: above any delay that the operating system is good for.
const QUIET_NS: u64 = 50_000_000;

/// sysmon and the template thread.
const HELPERS: usize = 2;

/// A call of `run` that waits.
pub(crate) trait Run: Send + Sync {
    /// Whether its goroutine has not ended: if it has, the thread is about to go on.
    fn is_waiting(&self) -> bool;

    /// Tells it that its goroutine will never end.
    fn deadlocked(&self, goroutines: usize);
}

/// Waits for orders; the last M to park looks for a deadlock once.
pub(crate) fn wait_for_orders(m: MRef) -> Orders {
    if is_quiet(&m.sched) {
        match m.orders.take_timeout(QUIET_NS) {
            Some(orders) => return orders,
            None => check(&m.sched),
        }
    }
    m.orders.take()
}

/// Whether all Ms are parked.
fn is_quiet(sched: &Sched) -> bool {
    // Relaxed: an M that is being made is not parked, and will look itself.
    sched.idle.quiescent(sched.allp.len())
        == (sched.mlife.count() as usize).checked_sub(sched.locked_idle.load(Relaxed) as usize)
}

#[cold]
fn check(sched: &Sched) {
    let runs = sched.runs.lock();
    let ours = sched.mlife.count() as usize + HELPERS + runs.len();
    if !runs.is_empty()
        && runs.iter().all(|run| run.is_waiting())
        && is_quiet(sched)
        && process::thread_count() == Some(ours)
    {
        for run in runs.iter() {
            run.deadlocked(sched.num_goroutines());
        }
    }
}
