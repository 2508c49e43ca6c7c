//! Waiting for a goroutine and taking its result.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic::{
    AssertUnwindSafe, Location, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind,
};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use super::deadline;
use super::unwound::{Exited, tell_of};
use crate::base::rank::Rank;
use crate::facade::news::{Call, News};
use crate::facade::{AtomicUsize, Ordering::Relaxed, directed, owns_panics};
use crate::proto::claim::Claim;
use crate::proto::lock::Lock;
use crate::proto::note::Sleep;
use crate::proto::waitq::{Waiter, Waitq};
use crate::sched::deadlock;
use crate::sched::g::Waker;
use crate::sched::g::{self, GClass};
use crate::sched::here::Here;
use crate::sched::inqueue::InQueue;
use crate::sched::schedt::{Run, Sched, SchedRef};
use crate::sched::spawn::{self, Birth};
use crate::sched::step::{step, step_at};
use crate::sched::tags::Tags;
use crate::sched::unwanted::drop_unwanted;
use crate::sched::wait::{Abandon, Fate, Site, Wait};

type Panic = Box<dyn Any + Send>;

/// Where a goroutine stores its result.
struct Packet<T> {
    state: Lock<State<T>>,
    /// The goroutine's address once it runs. Single-writer: the goroutine, which stores it before
    /// it runs user code. Only the goroutine itself can find its own address here.
    goroutine: AtomicUsize,
}

struct State<T> {
    end: Option<End<T>>,
    joiners: Waitq<(), Waker>,
    /// Who polls the handle as a future.
    task: Option<task::Waker>,
}

/// What a goroutine's end leaves to be done outside every lock and section.
struct Rest<T> {
    /// A result that nobody will take.
    unwanted: Option<End<T>>,
    task: Option<task::Waker>,
}

impl<T> Rest<T> {
    /// Drops the one and wakes the other. Both are the user's code.
    fn settle(self) {
        drop_result(self.unwanted);
        if let Some(task) = self.task {
            drop_result(catch_unwind(AssertUnwindSafe(|| task.wake())));
        }
    }
}

/// How a goroutine ended, or why it never will.
enum End<T> {
    Returned(T),
    Panicked(Panic),
    Deadlocked(Arc<str>),
    Lost,
    /// The handle was polled, and has given the result away.
    Taken,
}

impl<T> End<T> {
    /// What [`JoinHandle::join`] returns.
    #[track_caller]
    fn into_result(self) -> Result<T, Panic> {
        match self {
            Self::Returned(value) => Ok(value),
            Self::Panicked(panic) => Err(panic),
            Self::Lost => Err(Box::new(RuntimeEnded)),
            Self::Taken => panic!("gosched: this handle was polled, and has given its result away"),
            Self::Deadlocked(_) => unreachable!("only a call of run is told"),
        }
    }
}

/// A future of what [`join`](Self::join) returns. Polling it does not wait.
///
/// # Panics
///
/// If it is polled, or joined, after it was ready.
impl<T> Future for JoinHandle<T> {
    type Output = Result<T, Box<dyn Any + Send>>;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        let new = context.waker().clone(); // the user's code, outside the lock
        let mut state = self.packet.state.lock();
        let end = state.end.take();
        let old = match &end {
            Some(_) => {
                state.end = Some(End::Taken);
                Some(new)
            }
            None => state.task.replace(new),
        };
        drop(state);
        drop(old);
        end.map_or(Poll::Pending, |end| Poll::Ready(end.into_result()))
    }
}

/// The error of [`JoinHandle::join`] for a goroutine that will never end, because its runtime was
/// shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeEnded;

impl fmt::Display for RuntimeEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("the runtime ended before the goroutine did")
    }
}

impl Error for RuntimeEnded {}

/// A handle to a goroutine. [`join`](Self::join) waits for the goroutine and returns its result.
///
/// Dropping the handle does not wait and does not end the goroutine: it continues, and its result
/// is dropped when it ends. If that result, or the payload of a panic, panics when it is dropped,
/// one sentence on stderr says so, and the goroutine counts as ended all the same.
///
/// # Panics
///
/// A call that has to wait panics inside the closure of [`stop_the_world`](crate::stop_the_world),
/// and in a child process of `fork` that has only one thread.
pub struct JoinHandle<T> {
    packet: Arc<Packet<T>>,
}

impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("is_finished", &self.is_finished()).finish()
    }
}

const GO: Call = Call::new("go", "");
const JOIN: Call = Call::new("join", "goroutine");

/// Starts a goroutine in `sched`, for the caller's caller.
#[track_caller]
pub(super) fn start<F, T>(sched: SchedRef, class: GClass, f: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start_at(sched, class, Location::caller(), f)
}

/// Like [`start_at`], with a name and labels.
pub(super) fn start_named<F, T>(
    sched: SchedRef,
    at: Site,
    tags: Option<&Arc<Tags>>,
    f: F,
) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start_as(sched, (GClass::Normal, at, tags), f)
}

/// Like [`start`], for code at another place.
pub(super) fn start_at<F, T>(
    sched: SchedRef,
    class: GClass,
    at: Site,
    f: F,
) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start_as(sched, (class, at, None), f)
}

fn start_as<F, T>(
    sched: SchedRef,
    (class, at, tags): (GClass, Site, Option<&Arc<Tags>>),
    f: F,
) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    step_at(GO, core::ptr::null::<()>(), at);
    let packet = Arc::new(Packet {
        state: Lock::new(Rank::Join, State { end: None, joiners: Waitq::new(), task: None }),
        goroutine: AtomicUsize::new(0),
    });
    let goroutine = packet.clone();
    let fate: NonNull<dyn Fate> = NonNull::from_ref(&*packet);
    spawn::spawn(sched, Birth { class, at, fate, tags }, move || {
        // Relaxed: see the field.
        goroutine.goroutine.store(address_of_current(), Relaxed);
        let end = match catch_unwind(AssertUnwindSafe(f)) {
            Ok(value) => End::Returned(value),
            Err(panic) if owns_panics() && !panic.is::<Exited>() => return Err(panic),
            Err(panic) => {
                tell_of(&*panic);
                End::Panicked(panic)
            }
        };
        if let Some(g) = g::current() {
            directed::tell(|| News::Returned { id: g::header(g).id() });
        }
        let mut here = Here::arrive_at_end(sched);
        let rest = goroutine.finish(end, &mut here);
        if let Some(g) = g::current() {
            g::header(g).has_ended();
        }
        drop(here);
        rest.settle();
        drop_result(goroutine);
        Ok(())
    })?;
    Ok(JoinHandle { packet })
}

/// Drops a result that nobody will take. This runs the user's destructors, so it happens outside
/// every lock.
pub(super) fn drop_result<R>(result: R) {
    let line = "gosched: the result of a goroutine, or the payload of its panic, panicked when it was \
                dropped, because nobody had joined the goroutine\n";
    drop_unwanted(result, line);
}

/// The address of the goroutine that runs this code, 0 on an ordinary thread.
fn address_of_current() -> usize {
    g::current().map_or(0, |g| g.as_ptr() as usize)
}

impl<T> Packet<T> {
    /// Stores the result, and wakes the joiner. If there is a result already (`run` was told of a
    /// deadlock, or the runtime has ended), the new one is unwanted.
    #[must_use]
    fn finish(&self, end: End<T>, here: &mut Here) -> Rest<T> {
        let mut state = self.state.lock();
        let unwanted = if state.end.is_none() { state.end.replace(end) } else { Some(end) };
        let rest = Rest { unwanted, task: state.task.take() };
        // The handle has one joiner; that of a goroutine of a scope has the scope too.
        while let Some(((), joiner)) = state.joiners.pop(|()| ()) {
            let has_more = !state.joiners.is_empty();
            drop(state);
            here.wake(joiner);
            if !has_more {
                return rest;
            }
            state = self.state.lock();
        }
        rest
    }

    /// Waits for the end and takes it; `park` is how it parks each time.
    #[track_caller]
    fn wait(&self, park: impl Fn(&mut Here, Site, &dyn Abandon)) -> End<T> {
        self.wait_for(|state| state.end.take(), park)
    }

    /// Waits until `look` finds what it looks for.
    #[track_caller]
    fn wait_for<R>(
        &self,
        look: impl Fn(&mut State<T>) -> Option<R>,
        park: impl Fn(&mut Here, Site, &dyn Abandon),
    ) -> R {
        step(JOIN, self);
        loop {
            let mut here = Here::arrive();
            let mut state = self.state.lock();
            if let Some(found) = look(&mut state) {
                return found;
            }
            if self.is_me() {
                drop(state); // before the panic hook, which is the user's
                drop(here);
                panic!("gosched: a goroutine joins itself");
            }
            if let Some(refusal) = here.refusal() {
                drop(state);
                refusal.panic();
            }
            let waiter = Waiter::new((), here.waker());
            // SAFETY: the node stays here until this goroutine or thread was woken, or for ever.
            unsafe { state.joiners.push_back(&waiter) };
            drop(state);
            let wait =
                InQueue { lock: &self.state, queue: |state| &mut state.joiners, waiter: &waiter };
            park(&mut here, Location::caller(), &wait);
        }
    }
}

impl<T> Packet<T> {
    /// Whether the goroutine itself asks.
    fn is_me(&self) -> bool {
        let me = address_of_current();
        // Relaxed: see the field. A goroutine that has not ended and has our address is us.
        me != 0 && me == self.goroutine.load(Relaxed)
    }

    /// Waits for the end and takes it, until a moment at the latest.
    #[track_caller]
    fn wait_until(&self, deadline_ns: u64) -> Option<End<T>> {
        step(JOIN, self);
        loop {
            let mut here = Here::arrive();
            let mut state = self.state.lock();
            if state.end.is_some() {
                return state.end.take();
            }
            let claim = Claim::new();
            let waiter = Waiter::claimed((), here.waker(), &claim, 0);
            // SAFETY: the node stays here until this goroutine or thread was woken, or it was withdrawn.
            unsafe { state.joiners.push_back(&waiter) };
            drop(state);
            let wait =
                InQueue { lock: &self.state, queue: |state| &mut state.joiners, waiter: &waiter };
            let why = (Wait::Join, Location::caller());
            if here.park_until(deadline_ns, &claim, why, &wait) == Sleep::TimedOut {
                let mut state = self.state.lock();
                let _ = state.joiners.withdraw(&waiter);
                return state.end.take();
            }
        }
    }
}

impl<T> Fate for Packet<T> {
    fn lost(&self) {
        let rest = self.finish(End::Lost, &mut Here::Thread(None));
        debug_assert!(matches!(rest.unwanted, None | Some(End::Lost)), "a result was left already");
        rest.settle();
    }
}

impl<T: Send> Run for Packet<T> {
    fn deadlocked(&self, report: &Arc<str>) {
        self.finish(End::Deadlocked(report.clone()), &mut Here::Thread(None)).settle();
    }
}

impl<T> JoinHandle<T> {
    /// Waits until the goroutine has ended, and returns its result.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// - The panic's payload, if the goroutine panicked.
    /// - [`Exited`], if the goroutine called [`exit`](crate::exit).
    /// - [`RuntimeEnded`], if the runtime was shut down before the goroutine ended.
    ///
    /// Use `error.is::<gosched::Exited>()` to tell them apart.
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
    #[track_caller]
    pub fn join(self) -> Result<T, Box<dyn Any + Send>> {
        self.packet.wait(park).into_result()
    }

    /// Like [`join`](Self::join), but waits for at most `timeout`.
    ///
    /// May wait: a [switch point](crate#switch-points). A goroutine that joins itself waits for the
    /// time-out.
    ///
    /// # Errors
    ///
    /// The handle, if the time was up first.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// use gosched::time::{Duration, sleep};
    /// let slow = rt.go(|| sleep(Duration::from_millis(20)));
    /// let slow = slow.join_timeout(Duration::from_millis(1)).unwrap_err();
    /// slow.join().unwrap();
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn join_timeout(self, timeout: Duration) -> Result<Result<T, Box<dyn Any + Send>>, Self> {
        match self.packet.wait_until(deadline::after(timeout)) {
            Some(end) => Ok(end.into_result()),
            None => Err(self),
        }
    }

    /// Another handle to the same goroutine, for one that takes no result.
    pub(super) fn second(&self) -> Self {
        Self { packet: self.packet.clone() }
    }

    /// Waits until the goroutine has ended, or never will, and leaves its result.
    #[track_caller]
    pub(super) fn wait_until_finished(&self) {
        self.packet.wait_for(|state| state.end.is_some().then_some(()), park);
    }

    /// Returns whether the goroutine has ended. Does not wait.
    ///
    /// If it returns `true`, [`join`](Self::join) returns without waiting. This is also so if the
    /// runtime was shut down before the goroutine ended.
    pub fn is_finished(&self) -> bool {
        self.packet.state.lock().end.is_some()
    }
}

impl<T: Send + 'static> JoinHandle<T> {
    /// Waits as `Runtime::run` does: looks for deadlocks meanwhile, and raises the goroutine's
    /// panic again.
    #[track_caller]
    pub(super) fn wait_as_main(self, sched: &Sched) -> T {
        let end = if address_of_current() == 0 {
            let _listed = Listed::new(sched, self.packet.clone());
            self.packet.wait(|here, at, wait| deadlock::park(here, sched, at, wait))
        } else {
            self.packet.wait(park)
        };
        match end {
            End::Returned(value) => value,
            End::Panicked(panic) if panic.is::<Exited>() => {
                panic!("gosched: the main goroutine called exit")
            }
            End::Panicked(panic) => resume_unwind(panic),
            End::Deadlocked(report) => panic!("{report}"),
            End::Lost => panic!("gosched: {RuntimeEnded}"),
            End::Taken => unreachable!("nobody else has the handle"),
        }
    }
}

/// A call of `run` in the list of those that wait, while this lives.
struct Listed<'a> {
    sched: &'a Sched,
    run: Arc<dyn Run>,
}

impl<'a> Listed<'a> {
    fn new(sched: &'a Sched, run: Arc<dyn Run>) -> Self {
        sched.runs.lock().push(run.clone());
        Self { sched, run }
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.sched.runs.lock().retain(|other| !Arc::ptr_eq(other, &self.run));
    }
}

fn park(here: &mut Here, at: Site, wait: &dyn Abandon) {
    here.park(Wait::Join, at, wait);
}
