//! A goroutine's result, and waiting for it.

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;

use crate::base::rank::Rank;
use crate::facade::{AtomicUsize, Ordering::Relaxed, owns_panics};
use crate::proto::lock::Lock;
use crate::sched::deadlock;
use crate::sched::fork;
use crate::sched::g::Waker;
use crate::sched::g::{self, GClass};
use crate::sched::here::Here;
use crate::sched::schedt::{Run, Sched, SchedRef};
use crate::sched::spawn;
use crate::sched::wait::Wait;

type Panic = Box<dyn Any + Send>;

/// What [`JoinHandle::join`] returns as the error of a goroutine that called
/// [`exit`](crate::exit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exited;

/// Where a goroutine leaves its result.
struct Packet<T> {
    state: Lock<State<T>>,
    /// The goroutine's address once it runs. Single-writer: the goroutine; it alone finds its own.
    goroutine: AtomicUsize,
}

struct State<T> {
    end: Option<End<T>>,
    joiner: Option<Waker>,
}

/// How a goroutine ended, or why it never will.
enum End<T> {
    Returned(T),
    Panicked(Panic),
    Deadlocked(Arc<str>),
}

/// Waits for a goroutine and takes its result. Dropped, it lets the goroutine go on.
pub struct JoinHandle<T> {
    packet: Arc<Packet<T>>,
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("is_finished", &self.is_finished()).finish()
    }
}

/// Starts a goroutine in `sched`, for the caller's caller.
#[track_caller]
pub(super) fn start<F, T>(sched: SchedRef, class: GClass, f: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let packet = Arc::new(Packet {
        state: Lock::new(Rank::Join, State { end: None, joiner: None }),
        goroutine: AtomicUsize::new(0),
    });
    let goroutine = packet.clone();
    spawn::spawn(sched, class, Location::caller(), move || {
        // Relaxed: see the field.
        goroutine.goroutine.store(address_of_current(), Relaxed);
        let end = match catch_unwind(AssertUnwindSafe(f)) {
            Ok(value) => End::Returned(value),
            Err(panic) if owns_panics() && !panic.is::<Exited>() => return Err(panic),
            Err(panic) => End::Panicked(panic),
        };
        if sched.is_gone() {
            fork::end(); // those who would join it may have its lock, in another process
        }
        goroutine.finish(end);
        Ok(())
    })?;
    Ok(JoinHandle { packet })
}

/// The address of the goroutine that runs this code, 0 on an ordinary thread.
fn address_of_current() -> usize {
    g::current().map_or(0, |g| g.as_ptr() as usize)
}

impl<T> Packet<T> {
    /// Leaves the result, unless somebody has given up waiting for it.
    fn finish(&self, end: End<T>) {
        let mut state = self.state.lock();
        let unwanted = if state.end.is_none() { state.end.replace(end) } else { Some(end) };
        let joiner = state.joiner.take();
        drop(state);
        if let Some(joiner) = joiner {
            joiner.wake();
        }
        // The user's destructors, outside the lock.
        drop(unwanted);
    }

    /// Waits for the end, each time by `park`.
    fn wait(&self, park: impl Fn(&mut Here)) -> End<T> {
        loop {
            let mut state = self.state.lock();
            if let Some(end) = state.end.take() {
                return end;
            }
            let me = address_of_current();
            // Relaxed: see the field. One that has not ended and lies where we lie is us.
            if me != 0 && me == self.goroutine.load(Relaxed) {
                drop(state); // before the panic hook, which is the user's
                panic!("gosched: a goroutine joins itself");
            }
            let Some(mut here) = Here::try_now() else {
                drop(state);
                Here::settle();
                continue;
            };
            state.joiner = Some(here.waker());
            drop(state);
            park(&mut here);
        }
    }
}

impl<T: Send> Run for Packet<T> {
    fn deadlocked(&self, report: &Arc<str>) {
        self.finish(End::Deadlocked(report.clone()));
    }
}

impl<T> JoinHandle<T> {
    /// Waits until the goroutine has ended.
    ///
    /// Blocks the goroutine, or the thread, that calls it.
    ///
    /// # Errors
    ///
    /// With the panic's payload if the goroutine panicked, or [`Exited`].
    ///
    /// # Panics
    ///
    /// If a goroutine joins itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// rt.run(|| {
    ///     assert_eq!(gosched::go(|| 3).join().unwrap(), 3);
    ///     assert!(gosched::go(|| panic!("no")).join().is_err());
    /// });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn join(self) -> Result<T, Box<dyn Any + Send>> {
        match self.packet.wait(|here| here.park(Wait::Join)) {
            End::Returned(value) => Ok(value),
            End::Panicked(panic) => Err(panic),
            End::Deadlocked(_) => unreachable!("only a call of run is told"),
        }
    }

    /// Whether the goroutine has ended. Does not block.
    pub fn is_finished(&self) -> bool {
        self.packet.state.lock().end.is_some()
    }
}

impl<T: Send + 'static> JoinHandle<T> {
    /// Waits as `Runtime::run` does: with an eye on deadlocks, and re-raising a panic.
    #[track_caller]
    pub(super) fn wait_as_main(self, sched: &Sched) -> T {
        let end = if address_of_current() == 0 {
            let run: Arc<dyn Run> = self.packet.clone();
            sched.runs.lock().push(run.clone());
            let end = self.packet.wait(|here| deadlock::park(here, sched));
            sched.runs.lock().retain(|other| !Arc::ptr_eq(other, &run));
            end
        } else {
            self.packet.wait(|here| here.park(Wait::Join))
        };
        match end {
            End::Returned(value) => value,
            End::Panicked(panic) if panic.is::<Exited>() => {
                panic!("gosched: the main goroutine called exit")
            }
            End::Panicked(panic) => resume_unwind(panic),
            End::Deadlocked(report) => panic!("{report}"),
        }
    }
}
