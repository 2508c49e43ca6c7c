//! What a goroutine calls: starting others, yielding, ending, and acting on its whole runtime.

use std::io;
use std::sync::Arc;

use super::join::{JoinHandle, start};
use super::osthread::OsThreadGuard;
use super::pause::Pause;
use super::unwound::Exited;
use super::world::{self, World};
use crate::facade::news::Call;
use crate::sched::fork;
use crate::sched::g::{self, GClass};
use crate::sched::here::Here;
use crate::sched::schedt::{Sched, SchedRef};
use crate::sched::section::Section;
use crate::sched::step::step;

/// What [`Runtime`](crate::Runtime) has too, for ordinary threads.
const OF_RUNTIME: &[&str] = &[
    "dump",
    "go",
    "try_go",
    "go_idle",
    "num_goroutines",
    "pause",
    "procs",
    "scope",
    "set_procs",
    "stop_the_world",
];

/// The scheduler of the goroutine that runs this code. `what` names the function that needs it.
///
/// # Panics
///
/// On an ordinary thread.
#[track_caller]
pub(super) fn current_sched(what: &str) -> SchedRef {
    match g::current() {
        Some(g) => g::header(g).sched,
        None if OF_RUNTIME.contains(&what) => {
            panic!("gosched: {what} was called outside a goroutine; use Runtime::{what} there")
        }
        None => {
            panic!("gosched: {what} was called outside a goroutine; start one with Runtime::run")
        }
    }
}

/// Whether this code runs in a goroutine of the scheduler.
pub(super) fn runs_in(sched: &Arc<Sched>) -> bool {
    g::current().is_some_and(|g| g::header(g).sched == sched.handle())
}

/// Starts a goroutine that runs `f`, and returns a handle to wait for its result.
///
/// If the handle is dropped, the goroutine continues without it. A panic in `f` ends only this
/// goroutine; [`JoinHandle::join`] returns it.
///
/// May wait: a [switch point](crate#switch-points). If many goroutines are queued on this
/// processor, the new one runs before `go` returns, until it first waits or ends.
///
/// # Panics
///
/// - If the caller is not a goroutine. Use [`Runtime::go`](crate::Runtime::go) there.
/// - If the kernel refuses memory for the new goroutine's stack. [`try_go`] returns an error
///   instead.
/// - In a child process of `fork`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// let sum = rt.run(|| {
///     let other = gosched::go(|| 1 + 2);
///     other.join().unwrap() + 4
/// });
/// assert_eq!(sum, 7);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn go<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    match start(current_sched("go"), GClass::Normal, f) {
        Ok(handle) => handle,
        Err(error) => panic!("gosched: cannot start a goroutine: {error}"),
    }
}

/// Like [`go`], but returns an error if there is no memory for the new goroutine's stack.
///
/// May wait: a [switch point](crate#switch-points), like [`go`].
///
/// # Errors
///
/// If the kernel refuses memory, or another memory map (`vm.max_map_count`). `f` is dropped.
///
/// # Panics
///
/// - If the caller is not a goroutine. Use [`Runtime::try_go`](crate::Runtime::try_go) there.
/// - In a child process of `fork`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// rt.run(|| {
///     let handle = gosched::try_go(|| 5)?;
///     assert_eq!(handle.join().unwrap(), 5);
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn try_go<F, T>(f: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start(current_sched("try_go"), GClass::Normal, f)
}

/// Starts a goroutine that runs only while no other goroutine has anything to do.
///
/// It gives its processor up within one to two milliseconds after another goroutine becomes ready.
/// If the others never rest, it may wait for ever, and so does everything that waits for it.
///
/// May wait: a [switch point](crate#switch-points).
///
/// # Panics
///
/// Like [`go`].
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().procs(1).start()? };
/// rt.run(|| {
///     let later = gosched::go_idle(|| "tidied up");
///     gosched::go(|| ()).join().unwrap(); // runs first
///     assert_eq!(later.join().unwrap(), "tidied up");
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn go_idle<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    match start(current_sched("go_idle"), GClass::Idle, f) {
        Ok(handle) => handle,
        Err(error) => panic!("gosched: cannot start a goroutine: {error}"),
    }
}

/// Keeps all other goroutines of this runtime from running until the returned value is dropped.
///
/// The calling goroutine continues. A goroutine that computes or blocks in code outside this crate
/// continues too, until its next call that may wait. Goroutines that are started or woken meanwhile
/// run after the pause. The calling goroutine must not wait for one of the others: that wait would
/// never end. What else goes on is listed at [`Runtime::pause`](crate::Runtime::pause).
///
/// May wait: a [switch point](crate#switch-points). It stops the world for a moment, see
/// [`stop_the_world`]. Dropping the returned value does not wait.
///
/// # Panics
///
/// - If the caller is not a goroutine. Use [`Runtime::pause`](crate::Runtime::pause) there.
/// - Inside the closure of [`stop_the_world`].
/// - In a child process of `fork`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// rt.run(|| {
///     let pause = gosched::pause();
///     let held = gosched::go(|| 1);
///     gosched::yield_now();
///     assert!(!held.is_finished());
///     drop(pause);
///     held.join().unwrap();
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn pause() -> Pause<'static> {
    Pause::new(current_sched("pause"))
}

/// Lets other goroutines run before the calling one continues (Go's `runtime.Gosched`).
///
/// The calling goroutine goes to the end of its processor's queue. If no other goroutine is ready,
/// it continues at once. While its thread is panicking, the call does nothing.
///
/// May wait: a [switch point](crate#switch-points).
///
/// # Panics
///
/// - If the caller is not a goroutine. Ordinary threads have `std::thread::yield_now`.
/// - Inside the closure of [`stop_the_world`].
/// - In a child process of `fork`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().procs(1).start()? };
/// rt.run(|| {
///     let other = gosched::go(|| 1);
///     gosched::yield_now(); // the other one has run now
///     other.join().unwrap();
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn yield_now() {
    if std::thread::panicking() {
        return; // std counts panics by thread: a goroutine must not leave its own now
    }
    step(Call::new("yield", ""), core::ptr::null::<()>());
    match Section::enter() {
        Some(mut here) => here.yield_now(),
        None if g::current().is_some() => match Here::Thread(None).refusal() {
            Some(refusal) => refusal.panic(),
            None => fork::gone(),
        },
        None => {
            panic!("gosched: yield_now was called outside a goroutine; start one with Runtime::run")
        }
    }
}

/// Ends the calling goroutine (Go's `runtime.Goexit`).
///
/// It unwinds the goroutine's stack, so its destructors run. No panic message is printed.
/// [`JoinHandle::join`] returns [`Exited`] as the error, and [`Runtime::run`](crate::Runtime::run)
/// panics.
///
/// Because it unwinds like a panic, `catch_unwind` stops it, guards of a
/// [`Mutex`](crate::sync::Mutex) or of a std mutex poison that mutex, and a program that is built
/// with `panic = "abort"` aborts. A call inside a destructor that runs because of a panic aborts
/// too.
///
/// Does not wait. A destructor that it runs may.
///
/// # Panics
///
/// If the caller is not a goroutine.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// let error = rt.go(|| gosched::exit()).join().unwrap_err();
/// assert!(error.is::<gosched::Exited>());
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn exit() -> ! {
    current_sched("exit");
    std::panic::resume_unwind(Box::new(Exited))
}

/// Returns how many goroutines of this runtime have started and not ended, the calling one
/// included.
///
/// While other goroutines start and end, the number may be out of date when it is returned. A
/// goroutine that has been joined is no longer counted.
///
/// Does not wait.
///
/// # Panics
///
/// If the caller is not a goroutine.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// assert_eq!(rt.run(|| gosched::num_goroutines()), 1);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn num_goroutines() -> usize {
    current_sched("num_goroutines").num_goroutines()
}

/// Returns the number of processors of this runtime: how many goroutines may run at the same
/// moment.
///
/// Does not wait.
///
/// # Panics
///
/// If the caller is not a goroutine.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().procs(3).start()? };
/// assert_eq!(rt.run(|| gosched::procs()), 3);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn procs() -> usize {
    current_sched("procs").allp.len() as usize
}

/// Runs `f`, and lets other goroutines have the processor soon, because `f` blocks (Go's
/// `entersyscall`).
///
/// Use it for a call that blocks in the kernel, in a C library, or on a lock of another crate.
/// Others then get the processor after about 20 microseconds, if one of them waits for it. Without
/// `blocking` they get it after one to two milliseconds (some 200 microseconds where that has just happened
/// to others), or, if the thread computes, after one
/// [quantum](crate::Builder::quantum). The mark costs a few nanoseconds.
///
/// May wait, but only before `f` runs: a [switch point](crate#switch-points). `f` itself runs on
/// one thread, unless it calls something that may wait. On an ordinary thread the call only runs
/// `f`.
///
/// # Panics
///
/// With the panic of `f`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().procs(1).start()? };
/// rt.run(|| {
///     let name = gosched::blocking(|| std::fs::read_to_string("/proc/self/comm"));
///     assert!(name.is_ok());
/// });
/// # std::io::Result::Ok(())
/// ```
pub fn blocking<T>(f: impl FnOnce() -> T) -> T {
    crate::sched::blocking::blocking(f)
}

/// Locks the calling goroutine to its thread until the returned guard is dropped (Go's
/// `runtime.LockOSThread`).
///
/// Until then the goroutine runs on this thread only, and the thread runs no other goroutine. Use
/// it for libraries that tie themselves to a thread, and for state that the kernel keeps for each
/// thread. Locks may be nested: the goroutine stays locked until the last guard is dropped.
/// [`OsThreadGuard`] cannot be sent to another goroutine or thread.
///
/// If the goroutine ends while it is locked (because a guard was leaked by [`std::mem::forget`]),
/// its thread ends too. So a thread whose state was changed for good runs no other goroutine. New
/// threads of the runtime are never started from a locked thread, so they inherit nothing from it.
///
/// Waking a locked goroutine costs a switch of threads in the kernel.
///
/// May wait, but only before the lock is taken: a [switch point](crate#switch-points).
///
/// # Panics
///
/// If the caller is not a goroutine.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// rt.run(|| {
///     let _guard = gosched::lock_os_thread();
///     let thread = std::thread::current().id();
///     gosched::yield_now();
///     assert_eq!(std::thread::current().id(), thread);
/// });
/// # std::io::Result::Ok(())
/// ```
///
/// Only its own goroutine can drop the guard:
///
/// ```compile_fail,E0277
/// let guard = gosched::lock_os_thread();
/// gosched::go(move || drop(guard));
/// ```
#[track_caller]
pub fn lock_os_thread() -> OsThreadGuard {
    match g::current() {
        Some(g) => OsThreadGuard::new(g),
        None => panic!(
            "gosched: lock_os_thread was called outside a goroutine; start one with Runtime::run"
        ),
    }
}

/// Changes the number of processors of this runtime, and returns the previous number (Go's
/// `GOMAXPROCS`).
///
/// May wait: a [switch point](crate#switch-points). It stops the world for a moment, see
/// [`stop_the_world`].
///
/// # Panics
///
/// - If `n` is 0 or above 32,767.
/// - If the caller is not a goroutine. Use [`Runtime::set_procs`](crate::Runtime::set_procs) there.
/// - Inside the closure of [`stop_the_world`].
/// - In a child process of `fork`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().procs(1).start()? };
/// rt.run(|| {
///     assert_eq!(gosched::set_procs(2), 1);
///     assert_eq!(gosched::procs(), 2);
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn set_procs(n: usize) -> usize {
    world::set_procs(current_sched("set_procs"), n)
}

/// Stops the world and runs `f`, which reads a consistent snapshot of the runtime (Go's
/// `stopTheWorld`).
///
/// Until `f` has returned, no other goroutine of this runtime completes a call that may wait, and
/// none starts or ends. Goroutines that compute or block in code outside this crate continue until
/// their next call that may wait. [`Runtime::stop_the_world`](crate::Runtime::stop_the_world) lists
/// what else goes on.
///
/// `f` may start goroutines and wake them; they run when the world starts again. `f` must not call
/// anything that has to wait. While `f` runs, the goroutine stays on its thread.
///
/// May wait: a [switch point](crate#switch-points), but never inside `f`.
///
/// # Panics
///
/// - With the panic of `f`; the world starts again.
/// - If `f` calls something that has to wait, or stops a world itself.
/// - If the caller is not a goroutine. Use
///   [`Runtime::stop_the_world`](crate::Runtime::stop_the_world) there.
/// - In a child process of `fork`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// rt.run(|| {
///     let n = gosched::stop_the_world(|world| world.num_goroutines());
///     assert_eq!(n, 1);
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn stop_the_world<T>(f: impl FnOnce(&World) -> T) -> T {
    world::stop_the_world(current_sched("stop_the_world"), f)
}
