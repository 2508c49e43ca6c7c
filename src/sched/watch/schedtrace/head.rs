//! The line about the scheduler as a whole.

use core::fmt::{self, Display};

use crate::facade::Ordering::Relaxed;
use crate::proto::stop::Wanted;
use crate::sched::gmp::p::P;
use crate::sched::gmp::schedt::Sched;

/// The line, so many milliseconds after the scheduler's start. With detail it says what Go says then, and
/// leaves the queues to the lines of the Ps.
pub(super) struct Head<'a> {
    pub(super) sched: &'a Sched,
    pub(super) at_ms: u64,
    pub(super) has_detail: bool,
}

impl Display for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sched = self.sched;
        let (idle_procs, idle_threads) = sched.idle.idle_counts();
        let (spinning, needs_spinning) = sched.idle.spinning();
        write!(f, "SCHED {}ms: gomaxprocs={}", self.at_ms, sched.allp.len())?;
        write!(f, " idleprocs={idle_procs} threads={}", sched.mlife.count())?;
        write!(f, " spinningthreads={spinning} needspinning={}", u8::from(needs_spinning))?;
        let queued = sched.globrunq.len() + sched.idleq.len();
        write!(f, " idlethreads={idle_threads} runqueue={queued}")?;
        if self.has_detail {
            return write!(
                f,
                " gcwaiting={} nmidlelocked={}",
                is_world_wanted(sched),
                idle_locked(sched)
            );
        }
        for_each_p(f, sched, " [", |p| p.runq.len() as u64)?;
        for_each_p(f, sched, " schedticks=[", |p| p.schedtick().into())
    }
}

fn for_each_p(
    f: &mut fmt::Formatter<'_>,
    sched: &Sched,
    name: &str,
    number: impl Fn(&P) -> u64,
) -> fmt::Result {
    f.write_str(name)?;
    sched.allp.iter().try_for_each(|p| write!(f, " {}", number(p)))?;
    f.write_str(" ]")
}

/// Whether the world is stopped, or to be.
pub(super) fn is_world_wanted(sched: &Sched) -> bool {
    sched.stop.wanted() == Wanted::Stop
}

/// How many Ms sleep until their own goroutine runs.
fn idle_locked(sched: &Sched) -> u32 {
    // Relaxed: statistic; below zero while one is handed a P before it has parked.
    sched.locked_idle.load(Relaxed).cast_signed().max(0).cast_unsigned()
}
