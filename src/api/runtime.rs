//! A runtime: starting goroutines from threads, and shutting down.

use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::calls::runs_in;
use super::dumper::Dumper;
use super::join::{JoinHandle, start};
use super::numbers::check_max_threads;
use super::pause::Pause;
use super::signal::Signal;
use super::world::{self, World};
use crate::machine::signal;
use crate::sched::end::{self, Ended};
use crate::sched::{g::GClass, marks, schedt::Sched};

/// A scheduler, its goroutines, and the threads that run them.
///
/// [`Runtime::builder`] configures and starts one. A process may have several. The methods may be
/// called from any thread, also from a goroutine.
///
/// # Shutdown
///
/// Dropping the runtime shuts it down:
///
/// - The drop waits for each goroutine that computes or blocks in code outside this crate, until
///   its next call that may wait. If the goroutine ends before such a call, its result is kept as
///   usual. Then the drop ends the runtime's threads and waits for them.
/// - If the drop takes longer than a second, it prints once to stderr which goroutines it waits
///   for, where they were started, and whether each computes or blocks its thread.
/// - Goroutines that have not ended never run again. What they own is leaked, not dropped. A mutex
///   whose guard one of them holds stays locked.
/// - They take no further part in anything. A goroutine that waits for a value, a lock or another
///   goroutine is taken out of that queue, and the next living waiter is served instead.
/// - [`JoinHandle::join`](crate::JoinHandle::join) on such a goroutine returns
///   [`RuntimeEnded`](crate::RuntimeEnded) as its error.
///
/// [`shutdown_timeout`](Self::shutdown_timeout) and
/// [`shutdown_background`](Self::shutdown_background) do not wait for goroutines that compute or
/// block.
///
/// Shutting a runtime down is never a [switch point](crate#switch-points). In a goroutine of
/// another runtime it blocks that goroutine's thread.
///
/// # Panics
///
/// Dropping the runtime panics in three places, because it would wait for itself: in one of its own
/// goroutines, on one of its own threads, and while this thread has stopped a world
/// ([`stop_the_world`](Self::stop_the_world)). The runtime then continues to run, and is leaked. If
/// the thread is panicking already in one of these places, there is no second panic. In the destructor of
/// a thread-local of one of its own threads it prints the sentence to stderr instead, because a
/// panic there would abort.
///
/// A method that has to wait panics inside the closure of [`stop_the_world`](Self::stop_the_world).
///
/// # Fork
///
/// A child process made by `fork` has one thread: the one that forked. It has none of the runtime's
/// threads, so none of its goroutines runs there.
///
/// - Code of a goroutine that forked continues in the child as on an ordinary thread.
/// - [`run`](Self::run), [`go`](Self::go) and [`gosched::go`](crate::go) panic and say why. So does
///   a call that has to wait, while the child has only one thread. A goroutine that ends there
///   aborts the child.
/// - Dropping the runtime returns at once, and leaks it.
/// - The child may call `exec`, or start a new runtime.
/// - A channel or a mutex that another thread was using at the moment of the fork may stay locked
///   in the child, like any lock. So may std's lock that is held while a thread starts or ends:
///   then the child cannot start a thread.
///
/// The parent is not affected. `std::process::Command` is safe to use anywhere: its child calls
/// nothing of this crate.
pub struct Runtime {
    /// Dropped only when no thread and no goroutine can use it any more.
    sched: ManuallyDrop<Arc<Sched>>,
    /// How long the shutdown may take; `None` is as long as it needs.
    patience: Option<Duration>,
    /// Writes dumps on a signal, if that was asked for, until it is dropped with this.
    dumper: Option<Dumper>,
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
        Self { sched: ManuallyDrop::new(sched), patience: None, dumper: None }
    }

    /// Writes a dump whenever the signal comes.
    pub(super) fn dump_on(&mut self, signal: Signal) -> io::Result<()> {
        self.dumper = Some(Dumper::start(Arc::clone(&self.sched), signal)?);
        Ok(())
    }

    /// The scheduler.
    pub(crate) fn sched(&self) -> crate::sched::schedt::SchedRef {
        self.sched.handle()
    }

    /// Runs `f` in a new goroutine, waits for it, and returns its result.
    ///
    /// Other goroutines of the runtime continue when it has ended. On an ordinary thread the call
    /// blocks that thread. In a goroutine it may wait: a [switch point](crate#switch-points).
    ///
    /// # Panics
    ///
    /// - With the panic of `f`, if `f` panics.
    /// - If `f` calls [`exit`](crate::exit).
    /// - With `all goroutines are asleep - deadlock!` and a list of the goroutines, if all
    ///   goroutines wait and so do all threads of the process, each in a call of this crate. The
    ///   list says of each goroutine what it waits for and for how long, where it waits, and where
    ///   it was started. Only a call of `run` on an ordinary thread looks for this: after 50 ms for
    ///   the first time, then less and less often, up to every 3.2 s. The runtime can be used
    ///   afterwards. In a test of `cargo test` another thread is always awake:
    ///   [`Builder::isolated`](crate::Builder::isolated) has deadlocks found there too.
    /// - If the kernel refuses memory for the goroutine's stack.
    /// - In a child process of `fork`.
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

    /// Starts a goroutine that runs `f`, and returns a handle to wait for its result. May be called
    /// from any thread.
    ///
    /// See [`gosched::go`](crate::go). In a goroutine it may wait: a [switch
    /// point](crate#switch-points). On an ordinary thread it does not wait.
    ///
    /// # Panics
    ///
    /// - If the kernel refuses memory for the goroutine's stack. [`try_go`](Self::try_go) returns
    ///   an error instead.
    /// - In a child process of `fork`.
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

    /// Like [`go`](Self::go), but returns an error if there is no memory for the goroutine's stack.
    ///
    /// In a goroutine it may wait: a [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// If the kernel refuses memory, or another memory map (`vm.max_map_count`). `f` is dropped.
    ///
    /// # Panics
    ///
    /// In a child process of `fork`.
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

    /// Starts a goroutine that runs only while no other goroutine has anything to do. May be called
    /// from any thread.
    ///
    /// See [`gosched::go_idle`](crate::go_idle). In a goroutine it may wait: a [switch
    /// point](crate#switch-points).
    ///
    /// # Panics
    ///
    /// Like [`go`](Self::go).
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

    /// Keeps all goroutines of this runtime from running until the returned value is dropped.
    ///
    /// If the caller is a goroutine of this runtime, it continues. Goroutines that are started or
    /// woken meanwhile run after the pause.
    ///
    /// The same goes on as in a stopped world ([`stop_the_world`](Self::stop_the_world)). A
    /// goroutine that computes or blocks in code outside this crate continues until its next call
    /// that may wait. These calls still complete: those that never wait, those on ordinary threads
    /// and in goroutines of other runtimes, and those in a goroutine that unwinds.
    ///
    /// Stops the world for a moment. In a goroutine this may wait: a [switch
    /// point](crate#switch-points). Dropping the returned value does not wait.
    ///
    /// # Panics
    ///
    /// - Inside the closure of [`stop_the_world`](Self::stop_the_world).
    /// - In a child process of `fork`.
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

    /// Returns the number of processors: how many goroutines may run at the same moment. Does not
    /// wait.
    pub fn procs(&self) -> usize {
        self.sched.allp.len() as usize
    }

    /// Changes the number of processors, and returns the previous number (Go's `GOMAXPROCS`).
    ///
    /// Stops the world for a moment, see [`stop_the_world`](Self::stop_the_world). In a goroutine
    /// this may wait: a [switch point](crate#switch-points).
    ///
    /// # Panics
    ///
    /// - If `n` is 0 or above 32,767.
    /// - Inside the closure of [`stop_the_world`](Self::stop_the_world).
    /// - In a child process of `fork`.
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

    /// Changes the limit of threads that run goroutines, and returns the previous limit.
    ///
    /// See [`Builder::max_threads`](crate::Builder::max_threads). Does not wait.
    ///
    /// # Panics
    ///
    /// If `n` is 0, above 2,147,483,647, or below the present number of threads. The limit then
    /// stays as it was.
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

    /// Stops the world and runs `f`, which reads a consistent snapshot of the runtime (Go's
    /// `stopTheWorld`).
    ///
    /// The call first waits for other callers of `stop_the_world`, then for calls that are under
    /// way in goroutines of this runtime. These complete, or their goroutines wait, before `f`
    /// runs; that takes microseconds. The call does not wait for goroutines that compute or block
    /// in code outside this crate.
    ///
    /// While `f` runs, the goroutines of this runtime are kept out of it:
    ///
    /// - No goroutine starts to run, and none ends.
    /// - A call that may wait ([the list](crate#switch-points)) enters the runtime at its
    ///   beginning. So none of these calls completes in a goroutine of this runtime.
    /// - A goroutine that computes or blocks in code outside this crate continues, until its next
    ///   call that may wait.
    ///
    /// These calls still complete, because they do not enter the runtime:
    ///
    /// - calls that never wait: `try_send`, `try_recv`, `try_lock`, `len`,
    ///   [`WaitGroup::add`](crate::sync::WaitGroup::add) and `done`, and every drop,
    /// - calls on ordinary threads and in goroutines of other runtimes, unless they have to wait
    ///   for a goroutine of this runtime,
    /// - calls in a goroutine that unwinds,
    /// - calls in `f`.
    ///
    /// `f` may start goroutines and wake them; they run when the world starts again. `f` must not
    /// call anything that has to wait.
    ///
    /// In a goroutine the call may wait: a [switch point](crate#switch-points), but never inside
    /// `f`. On an ordinary thread it blocks the thread.
    ///
    /// # Panics
    ///
    /// - With the panic of `f`; the world starts again.
    /// - If `f` calls something that has to wait, or stops a world itself.
    /// - In a child process of `fork`.
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
    /// Like dropping the runtime, but goroutines that still compute or block after that time are
    /// left behind, with their threads and the memory of the runtime. Each ends at its next call
    /// that may wait. See [Shutdown](Runtime#shutdown).
    ///
    /// The call blocks the thread, and is no [switch point](crate#switch-points). It first waits
    /// for calls that are under way in goroutines of the runtime, which takes microseconds.
    ///
    /// # Panics
    ///
    /// Like dropping the runtime.
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

    /// Shuts the runtime down without waiting for its goroutines and threads.
    ///
    /// It is [`shutdown_timeout`](Self::shutdown_timeout) with a duration of zero. Goroutines that
    /// compute or block are left behind, with their threads. Each ends at its next call that may
    /// wait.
    ///
    /// # Panics
    ///
    /// Like dropping the runtime.
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }

    /// The reason why the code that runs here cannot wait for the runtime's end, if there is one.
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

    /// Gives the memory of all unused stacks back to the kernel, now.
    ///
    /// Without this call the runtime does so by itself: a stack that nobody has needed for one to
    /// two seconds is given back, except for some that each processor keeps for new goroutines. The
    /// addresses of the stacks stay reserved, and the kernel keeps its page tables for them (about
    /// 0.5 KiB for each stack of 256 KiB). Stacks of goroutines that have not ended are not
    /// touched.
    ///
    /// The call asks the owner of each processor, so it waits for calls of this crate that are
    /// under way, which takes microseconds. In a goroutine it may wait: a [switch
    /// point](crate#switch-points).
    ///
    /// # Panics
    ///
    /// - Inside the closure of [`stop_the_world`](Self::stop_the_world).
    /// - In a child process of `fork`.
    #[track_caller]
    pub fn release_memory(&self) {
        world::release_memory(self.sched.handle());
    }
}

/// Panics with the sentence, or prints it where a panic would abort.
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
            return; // its threads are in another process, and may hold its locks there
        }
        if let Some(why) = self.cannot_end() {
            // Its threads continue, and what they use stays where it is.
            complain(why);
            return;
        }
        if end::end(&self.sched, self.patience) == Ended::Whole {
            // SAFETY: this is the drop, and all that used it has ended.
            unsafe { ManuallyDrop::drop(&mut self.sched) };
        }
    }
}
