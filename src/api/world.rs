//! Stopping the world, and what can be seen of it then.

use std::fmt;
use std::time::{Duration, Instant};

use super::check::check_procs;
use crate::sched::census::{self, Listed};
use crate::sched::schedt::SchedRef;
use crate::sched::sysmon;
use crate::sched::world::{self, Stopped};

/// A runtime at rest: no goroutine of it is in a call of this crate, and none gets to run.
///
/// Code of goroutines that computes or blocks outside this crate goes on; its next call of this
/// crate waits until the world starts again.
pub struct World {
    sched: SchedRef,
    stopping: Duration,
}

/// A goroutine as it was seen: shown as its number, whether it runs or what it waits for and for how
/// long, and where it was started.
#[derive(Clone, Copy, Debug)]
pub struct GoroutineInfo(Listed);

impl GoroutineInfo {
    /// Its number, which no other goroutine of its runtime ever has.
    pub fn id(&self) -> u64 {
        self.0.id
    }
}

impl fmt::Display for GoroutineInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("stopping", &self.stopping).finish_non_exhaustive()
    }
}

impl World {
    /// How many goroutines have started and not ended.
    pub fn num_goroutines(&self) -> usize {
        self.sched.num_goroutines()
    }

    /// The goroutines that have started and not ended, in the order of their numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let lines: Vec<String> = rt.run(|| {
    ///     gosched::stop_the_world(|world| world.goroutines().map(|g| g.to_string()).collect())
    /// });
    /// assert!(lines[0].starts_with("goroutine "));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn goroutines(&self) -> impl ExactSizeIterator<Item = GoroutineInfo> + use<> {
        census::goroutines(&self.sched).map(GoroutineInfo)
    }

    /// How many goroutines may run at the same moment.
    pub fn procs(&self) -> usize {
        self.sched.allp.len() as usize
    }

    /// How long it took to stop the world, waiting for other requesters included.
    pub fn stopping(&self) -> Duration {
        self.stopping
    }
}

#[track_caller]
pub(super) fn stop_the_world<T>(sched: SchedRef, f: impl FnOnce(&World) -> T) -> T {
    let start = Instant::now();
    let stopped = Stopped::new(sched);
    let stopping = start.elapsed();
    stopped.with(|sched| f(&World { sched, stopping }))
}

/// Changes the number of processors; returns the old one.
#[track_caller]
pub(super) fn set_procs(sched: SchedRef, n: usize) -> usize {
    let procs = check_procs(n, "set_procs");
    let mut stopped = Stopped::new(sched);
    let old = sched.allp.len();
    stopped.resize(procs);
    old as usize
}

/// Gives the memory of unused stacks back.
#[track_caller]
pub(super) fn release_memory(sched: SchedRef) {
    world::for_each_p(sched, world::flush_free);
    sysmon::give_back(&sched, sched.free.drain());
}
