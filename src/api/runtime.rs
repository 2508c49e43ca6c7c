//! A runtime: its goroutines, and the threads that run them.

use std::fmt;
use std::sync::Arc;

use super::builder::Builder;
use super::join::{JoinHandle, start};
use crate::sched::{boot, schedt::Sched};

/// Goroutines, and the threads that run them. Dropping it [shuts it down](Runtime#shutdown).
///
/// # Shutdown
///
/// Dropping the runtime waits until each of its threads comes back into the scheduler, and ends them
/// all. Goroutines that have not ended are never run again: what they own is leaked, as with a
/// detached thread at the end of a process, and is not dropped.
///
/// # Panics
///
/// Dropping it in one of its own goroutines panics: the goroutine would wait for itself.
pub struct Runtime {
    sched: Arc<Sched>,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("procs", &self.sched.config.procs)
            .field("goroutines", &self.sched.num_goroutines())
            .finish_non_exhaustive()
    }
}

impl Runtime {
    pub(super) fn new(sched: Arc<Sched>) -> Self {
        Self { sched }
    }

    /// The scheduler, for the models.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn sched(&self) -> crate::sched::schedt::SchedRef {
        self.sched.handle()
    }

    /// A builder with the defaults.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Runs `f` as the main goroutine and waits for it. Other goroutines go on when it has ended.
    ///
    /// Blocks the calling thread; in a goroutine, blocks that goroutine.
    ///
    /// # Panics
    ///
    /// - With the panic of `f`, if it panics.
    /// - With "all goroutines are asleep - deadlock!" and a list of them, if every goroutine waits and
    ///   so does every thread of the process: each in this crate, so that nobody is left who could
    ///   wake one. Looked for while `run` blocks a thread, after 50 ms and then ever more rarely, up to
    ///   every 3.2 s. The runtime goes on to work.
    /// - If `f` calls [`exit`](crate::exit): at once. Go's main function may end so and its program goes
    ///   on until the others are done or asleep; here the others go on too, but the caller is not
    ///   kept: what `run` was called for will never come, and the others may be other callers'.
    /// - If there is no memory for the goroutine's stack.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let sum: u64 = rt.run(|| {
    ///     let (tx, rx) = gosched::chan::bounded(0);
    ///     for i in 0..10 {
    ///         let tx = tx.clone();
    ///         gosched::go(move || tx.send(i));
    ///     }
    ///     drop(tx);
    ///     rx.iter().sum()
    /// });
    /// assert_eq!(sum, 45);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn run<F, T>(&self, f: F) -> T
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.go(f).wait_as_main(&self.sched)
    }

    /// Starts a goroutine, from any thread.
    ///
    /// # Panics
    ///
    /// If there is no memory for its stack.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let handle = rt.go(|| "done");
    /// assert_eq!(handle.join().unwrap(), "done");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn go<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match start(self.sched.handle(), f) {
            Ok(handle) => handle,
            Err(error) => panic!("gosched: cannot start a goroutine: {error}"),
        }
    }

    /// How many goroutines have started and not ended; exact when none starts or ends meanwhile.
    pub fn num_goroutines(&self) -> usize {
        self.sched.num_goroutines()
    }

    /// How many goroutines may run at the same moment.
    pub fn procs(&self) -> usize {
        self.sched.procs.len()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if super::goroutine::runs_in(&self.sched) {
            // Its threads cannot be waited for; they go on.
            let _ = Arc::into_raw(self.sched.clone());
            assert!(
                std::thread::panicking(),
                "gosched: a runtime was dropped in one of its own goroutines"
            );
            return;
        }
        boot::stop(&self.sched);
    }
}
