//! Stopping the world, and what can be read of it then.

use std::fmt;
use std::time::{Duration, Instant};

use super::info::GoroutineInfo;
use super::numbers::check_procs;
use crate::sched::census;
use crate::sched::schedt::SchedRef;
use crate::sched::sysmon;
use crate::sched::world::{self, Stopped};

/// A stopped runtime, as [`stop_the_world`](crate::stop_the_world) passes it to its closure.
///
/// While it exists, no goroutine of the runtime starts to run, none ends, and none completes a call
/// that may wait: such a call enters the runtime at its beginning, and waits there until the world
/// starts again. A goroutine that computes or blocks in code outside this crate continues until its
/// next such call.
///
/// These calls still complete: those that never wait, those on ordinary threads and in goroutines
/// of other runtimes, and those in a goroutine that unwinds.
/// [`Runtime::stop_the_world`](crate::Runtime::stop_the_world) has the list.
///
/// None of the methods waits.
pub struct World {
    sched: SchedRef,
    stopping: Duration,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("stopping", &self.stopping).finish_non_exhaustive()
    }
}

impl World {
    /// Returns how many goroutines have started and not ended.
    pub fn num_goroutines(&self) -> usize {
        self.sched.num_goroutines()
    }

    /// Returns the goroutines that have started and not ended, in the order of their numbers.
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
        census::goroutines(&self.sched).map(GoroutineInfo::new)
    }

    /// Returns the number of processors: how many goroutines may run at the same moment.
    pub fn procs(&self) -> usize {
        self.sched.allp.len() as usize
    }

    /// Returns how long it took to stop the world, including the wait for other callers.
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

/// Changes the number of processors, and returns the previous number.
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
