//! What a goroutine does with itself and its like.

use std::io;
use std::sync::Arc;

use super::join::{Exited, JoinHandle, start};
use super::osthread::OsThreadGuard;
use super::pause::Pause;
use super::world::{self, World};
use crate::sched::fork;
use crate::sched::g::{self, GClass};
use crate::sched::here::Here;
use crate::sched::schedt::{Sched, SchedRef};
use crate::sched::section::Section;

/// The scheduler of the goroutine that runs this code.
///
/// # Panics
///
/// On an ordinary thread.
#[track_caller]
fn current_sched(what: &str) -> SchedRef {
    match g::current() {
        Some(g) => g::header(g).sched,
        None => {
            panic!("gosched: {what} was called outside a goroutine; start one with Runtime::run")
        }
    }
}

/// Whether this code runs in a goroutine of the scheduler.
pub(super) fn runs_in(sched: &Arc<Sched>) -> bool {
    g::current().is_some_and(|g| g::header(g).sched == sched.handle())
}

/// Starts a goroutine beside this one.
///
/// The handle may be dropped: the goroutine goes on. A panic in it ends it alone, and is the result
/// of [`JoinHandle::join`].
///
/// Does not block. A switch point: a goroutine that starts more than fit in its processor's queue
/// lets them run in between.
///
/// # Panics
///
/// Outside a goroutine, and if there is no memory for the new one's stack (see [`try_go`]).
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

/// As [`go`], but says so if there is no memory for the stack.
///
/// # Errors
///
/// If the kernel refuses memory or another map.
///
/// # Panics
///
/// Outside a goroutine.
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

/// As [`go`], for work that may wait: the goroutine runs only while no other has anything to do, and
/// makes room within a millisecond or two when one has (as the idle-priority work of Go's collector).
///
/// It may wait for ever if others never rest. What waits for it waits as long.
///
/// # Panics
///
/// Outside a goroutine, and if there is no memory for its stack.
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

/// As [`Runtime::pause`](crate::Runtime::pause), in a goroutine: it goes on, and no other does until
/// the returned value is dropped. It must not wait for one of them meanwhile.
///
/// # Panics
///
/// Outside a goroutine, and if the goroutine has stopped the world.
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

/// Lets other goroutines run before this one goes on (Go's `runtime.Gosched`).
///
/// # Panics
///
/// Outside a goroutine.
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

/// Ends this goroutine: its destructors run, others go on (Go's `runtime.Goexit`).
///
/// Works by unwinding, as a panic does, without a message: `catch_unwind` stops it, and a program
/// built with `panic = "abort"` aborts.
///
/// # Panics
///
/// Outside a goroutine.
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

/// How many goroutines of this runtime have started and not ended, this one included.
///
/// # Panics
///
/// Outside a goroutine.
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

/// How many goroutines of this runtime may run at the same moment.
///
/// # Panics
///
/// Outside a goroutine.
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

/// Runs `f`, which blocks in the kernel, in a C library or on a lock of another crate: other
/// goroutines get this one's processor within some 20 us, if they wait for it (Go's `entersyscall`).
///
/// Code that does not say so may block as well, and holds nobody up for more than a millisecond or
/// two; code that computes, for a [quantum](crate::Builder::quantum). The mark costs a few
/// nanoseconds. Not a switch point: the goroutine stays on its thread.
///
/// On an ordinary thread it only runs `f`.
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

/// Keeps this goroutine on its thread until the guard is dropped, and all others off that thread
/// (Go's `runtime.LockOSThread`): for libraries that tie themselves to a thread, and for what the
/// kernel keeps by thread. May be called again; the last guard to go ends it.
///
/// Other goroutines get threads of their own, none of which is made by this one, so they inherit
/// nothing that was done to it. A goroutine that ends without dropping the guard (kept by
/// [`std::mem::forget`]) ends its thread, for a thread that was changed for good.
///
/// Waking a locked goroutine costs a thread switch of the kernel's.
///
/// # Panics
///
/// Outside a goroutine.
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

/// As [`Runtime::set_procs`](crate::Runtime::set_procs), for the runtime of this goroutine.
///
/// # Panics
///
/// Outside a goroutine, and if `n` is 0 or above 32,767.
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

/// As [`Runtime::stop_the_world`](crate::Runtime::stop_the_world), for the runtime of this goroutine.
///
/// # Panics
///
/// Outside a goroutine, with the panic of `f`, and if `f` waits for anything in this crate or stops
/// the world itself.
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
