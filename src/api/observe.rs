//! What a runtime tells of itself while it runs.

use super::dump::Dump;
use super::metrics::Metrics;
use super::runtime::Runtime;
use super::stats::Stats;

impl Runtime {
    /// Returns how many goroutines have started and not ended.
    ///
    /// While goroutines start and end, the number may be out of date when it is returned. A
    /// goroutine that has been joined is no longer counted. Does not wait.
    pub fn num_goroutines(&self) -> usize {
        self.sched().num_goroutines()
    }

    /// Counts the goroutines, processors and threads of the runtime. Does not wait.
    ///
    /// Each number is read by itself while the runtime runs, so they may not add up.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.sched())
    }

    /// Returns what the runtime has counted and measured since it started, if it was built with
    /// [`Builder::metrics`](crate::Builder::metrics). Otherwise returns `None`.
    ///
    /// Does not wait, and no goroutine waits for it. It may be called on any thread and in any goroutine, also
    /// while the world is stopped or paused. It takes some microseconds for each thread of the runtime, and
    /// allocates memory.
    pub fn metrics(&self) -> Option<Metrics> {
        Metrics::of(&self.sched())
    }

    /// Lists all goroutines of the runtime: what each does, since when, where, and its stack if it does not run.
    ///
    /// For a program that seems to hang, and for tests. A goroutine that runs is shown by its thread, and
    /// has no stack here. The others have one if the program was built with the feature `backtrace`.
    ///
    /// Does not wait, and nobody waits for it. It may be called on any thread and in any goroutine: also while
    /// the world is stopped or paused, in the closure of [`stop_the_world`](Self::stop_the_world), while
    /// the runtime shuts down, and in a child process of `fork`, where it shows the goroutines as they were in the
    /// parent. It takes some microseconds for each goroutine, and allocates memory. So a signal handler must
    /// not call it; [`Builder::dump_on`](crate::Builder::dump_on) is for that.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let (tx, rx) = gosched::chan::bounded::<u32>(0);
    /// let waits = rt.go(move || rx.recv());
    /// while rt.dump().goroutines()[0].waits_for().is_none() {}
    /// println!("{}", rt.dump());
    /// drop(tx);
    /// assert!(waits.join().unwrap().is_err());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn dump(&self) -> Dump {
        Dump::of(&self.sched())
    }
}
