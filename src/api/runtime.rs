//! A runtime: its goroutines, and the threads that run them.

use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::check::check_max_threads;
use super::goroutine::runs_in;
use super::join::{JoinHandle, start};
use super::pause::Pause;
use super::stats::Stats;
use super::world::{self, World};
use crate::machine::signal;
use crate::sched::end::{self, Ended};
use crate::sched::{g::GClass, marks, schedt::Sched};

/// Goroutines, and the threads that run them. Dropping it [shuts it down](Runtime#shutdown).
///
/// # Shutdown
///
/// Dropping the runtime waits until each of its threads comes back into the scheduler, and ends them
/// all. Goroutines that have not ended are never run again: what they own is leaked, as with a
/// detached thread at the end of a process, and is not dropped.
///
/// # Fork
///
/// A process that is forked while a runtime runs has none of that runtime's threads. There
/// [`run`](Self::run), [`go`](Self::go) and [`gosched::go`](crate::go) panic and say so; dropping the
/// runtime returns at once and leaks it; nobody who waited is there to be woken. The code that forked
/// goes on as an ordinary thread, also if it was a goroutine, and may `exec` or start a new runtime;
/// if it waits while it is the only thread of its process, it panics with the same words, and a
/// goroutine that ends there aborts with them. As with every lock, a channel or a mutex that another
/// thread was using at the moment of the fork may stay locked in the child; so may one of std's,
/// without which no thread can be started, if some thread was just starting or ending. The parent
/// notices nothing.
///
/// `std::process::Command` may be used anywhere: its child calls nothing of this crate.
///
/// # Panics
///
/// Dropping it in one of its own goroutines panics: the goroutine would wait for itself.
pub struct Runtime {
    /// Given back only when no thread and no goroutine can ask for it any more.
    sched: ManuallyDrop<Arc<Sched>>,
    /// How long its end may last.
    patience: Option<Duration>,
}

impl UnwindSafe for Runtime {}
impl RefUnwindSafe for Runtime {}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("procs", &self.procs())
            .field("goroutines", &self.sched.num_goroutines())
            .finish_non_exhaustive()
    }
}

impl Runtime {
    pub(super) fn new(sched: Arc<Sched>) -> Self {
        Self { sched: ManuallyDrop::new(sched), patience: None }
    }

    /// The scheduler, for the models.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn sched(&self) -> crate::sched::schedt::SchedRef {
        self.sched.handle()
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
        match start(self.sched.handle(), GClass::Normal, f) {
            Ok(handle) => handle,
            Err(error) => panic!("gosched: cannot start a goroutine: {error}"),
        }
    }

    /// Starts a goroutine, from any thread, like [`go`](Self::go); returns an error where that panics.
    ///
    /// # Errors
    ///
    /// If the kernel refuses the memory for its stack.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// assert_eq!(rt.try_go(|| 5)?.join().unwrap(), 5);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn try_go<F, T>(&self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start(self.sched.handle(), GClass::Normal, f)
    }

    /// As [`go_idle`](crate::go_idle), from any thread.
    ///
    /// # Panics
    ///
    /// If there is no memory for its stack.
    #[track_caller]
    pub fn go_idle<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match start(self.sched.handle(), GClass::Idle, f) {
            Ok(handle) => handle,
            Err(error) => panic!("gosched: cannot start a goroutine: {error}"),
        }
    }

    /// Holds all goroutines of this runtime back until the returned value is dropped: none gets to
    /// run. Those that compute or block in code of their own go on until their next call of this
    /// crate. Goroutines may be started and woken meanwhile; they run afterwards.
    ///
    /// Stops the world for a moment, see [`stop_the_world`](Self::stop_the_world).
    ///
    /// # Panics
    ///
    /// If the world is stopped by the same thread.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let pause = rt.pause();
    /// let held = rt.go(|| 1);
    /// assert!(!held.is_finished());
    /// drop(pause);
    /// assert_eq!(held.join().unwrap(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn pause(&self) -> Pause<'_> {
        Pause::new(self.sched.handle())
    }

    /// How many goroutines have started and not ended; exact when none starts or ends meanwhile.
    pub fn num_goroutines(&self) -> usize {
        self.sched.num_goroutines()
    }

    /// How many goroutines may run at the same moment.
    pub fn procs(&self) -> usize {
        self.sched.allp.len() as usize
    }

    /// Changes how many goroutines may run at the same moment, as Go's `GOMAXPROCS`, and returns how
    /// many might until now. Stops the world for that: see [`stop_the_world`](Self::stop_the_world).
    ///
    /// # Panics
    ///
    /// If `n` is 0 or above 32,767.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().procs(2).start()? };
    /// assert_eq!(rt.set_procs(4), 2);
    /// assert_eq!(rt.procs(), 4);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn set_procs(&self, n: usize) -> usize {
        world::set_procs(self.sched.handle(), n)
    }

    /// Changes how many threads may run goroutines, and returns how many might until now. See
    /// [`Builder::max_threads`](crate::Builder::max_threads).
    ///
    /// # Panics
    ///
    /// If `n` is 0, or less than there are threads now; the limit stays as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// assert_eq!(rt.set_max_threads(100), 10_000);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn set_max_threads(&self, n: usize) -> usize {
        let limit = check_max_threads(n, "set_max_threads");
        match self.sched.mlife.set_limit(limit) {
            Ok(old) => old as usize,
            Err(count) => panic!(
                "gosched: there are {count} threads already, more than set_max_threads({n}) allows"
            ),
        }
    }

    /// What the runtime consists of now; each number by itself.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.sched)
    }

    /// Runs `f` while no goroutine of this runtime is in a call of this crate, and none gets to run:
    /// for a view of the runtime in which all things fit together.
    ///
    /// Waits for others who stop the world, and for calls of this crate that are under way, which
    /// takes microseconds; goroutines that compute or block in code of their own are not waited for,
    /// and go on. Blocks the calling goroutine or thread meanwhile.
    ///
    /// `f` may start goroutines and wake them; they run when the world starts again. It must not wait.
    ///
    /// # Panics
    ///
    /// With the panic of `f`; the world starts again. If `f` waits for anything in this crate, or
    /// stops the world itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let n = rt.stop_the_world(|world| world.num_goroutines());
    /// assert_eq!(n, 0);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn stop_the_world<T>(&self, f: impl FnOnce(&World) -> T) -> T {
        world::stop_the_world(self.sched.handle(), f)
    }

    /// Shuts the runtime down, and waits for at most `at_most`.
    ///
    /// Goroutines that compute or block in code of their own for longer are left behind: each ends at
    /// its next call of this crate that may wait, and its thread with it. See [Shutdown](Runtime#shutdown).
    ///
    /// # Panics
    ///
    /// As dropping the runtime does.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// use std::time::{Duration, Instant};
    /// rt.go(|| std::thread::sleep(Duration::from_secs(60)));
    /// let start = Instant::now();
    /// rt.shutdown_timeout(Duration::from_millis(10));
    /// assert!(start.elapsed() < Duration::from_secs(30));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_timeout(mut self, at_most: Duration) {
        self.patience = Some(at_most);
    }

    /// Shuts the runtime down without waiting, like
    /// [`shutdown_timeout`](Self::shutdown_timeout) with a duration of zero.
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }

    /// Why the code that runs here cannot wait for the runtime's end, if so.
    fn cannot_end(&self) -> Option<&'static str> {
        let sched = self.sched.handle();
        if runs_in(&self.sched) {
            Some("a runtime was dropped in one of its own goroutines; drop it on another thread")
        } else if marks::is_thread_of(sched) {
            Some("a runtime was dropped on one of its own threads; drop it on another thread")
        } else if marks::stops_here() {
            Some(
                "a runtime was dropped while the world is stopped; move the drop out of the closure \
                 of stop_the_world",
            )
        } else {
            None
        }
    }

    /// Gives the memory of stacks that no goroutine uses back to the kernel, now; the watcher does
    /// so within a second or so of their last use, but for some that each processor keeps.
    #[track_caller]
    pub fn release_memory(&self) {
        world::release_memory(self.sched.handle());
    }
}

/// Panics, where that ends nothing but a call.
fn complain(why: &str) {
    if marks::is_ending() {
        let line = format!("gosched: {why}\n"); // a panic in a thread-local's destructor aborts
        signal::write_stderr(line.as_bytes());
    } else {
        assert!(std::thread::panicking(), "gosched: {why}");
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.sched.is_gone() {
            return; // its threads are in another process, and its locks may be theirs
        }
        if let Some(why) = self.cannot_end() {
            // Its threads go on, and what they use stays where it is.
            complain(why);
            return;
        }
        if end::end(&self.sched, self.patience) == Ended::Whole {
            // SAFETY: this is the drop, and all who used it have ended.
            unsafe { ManuallyDrop::drop(&mut self.sched) };
        }
    }
}
