//! A timer: it sends, or calls, once at a moment, unless it was stopped.

use core::mem::ManuallyDrop;
use core::ops::Deref;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::api::calls::current_sched;
use crate::api::deadline;
use crate::api::join;
use crate::chan::{self, Receiver};
use crate::machine::signal::write_stderr;
use crate::proto::timers::NEVER;
use crate::sched::alarm::{Alarm, Call};
use crate::sched::g::GClass;
use crate::sched::marks;
use crate::sched::schedt::SchedRef;
use crate::sched::step;

/// A timer that sends the time, or starts a goroutine, once (Go's `time.Timer`).
///
/// [`Timer::new`] makes one that sends on its channel, [`after_func`] one that starts a goroutine.
/// [`stop`](Self::stop) and [`reset`](Self::reset) tell the truth: if they return `true`, the timer had not
/// fired, and does not. After either has returned, the channel holds no time of before.
///
/// A timer belongs to the runtime of the goroutine that made it. Once that has ended it does not fire.
/// Dropping the timer does not stop it: it fires, and then its channel is disconnected.
///
/// [`chan::after`](crate::chan::after) is simpler where nothing is to be stopped or reset: it works on
/// ordinary threads too, and leaves no timer behind.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::time::{Duration, Timer};
/// rt.run(|| {
///     let timer = Timer::new(Duration::from_millis(1));
///     timer.receiver().recv().unwrap();
///     assert!(!timer.stop()); // it has fired
/// });
/// # std::io::Result::Ok(())
/// ```
pub struct Timer {
    alarm: Arc<Alarm>,
    fired: Receiver<Instant>,
}

impl UnwindSafe for Timer {}
impl RefUnwindSafe for Timer {}

impl Timer {
    /// Makes a timer that sends the current time on its channel after a duration. Does not wait.
    ///
    /// # Panics
    ///
    /// If the caller is not a goroutine.
    #[track_caller]
    pub fn new(duration: Duration) -> Self {
        let sched = current_sched("Timer::new");
        let (tx, rx) = chan::bounded(1);
        let send = move || {
            // Full only if the last time was not received.
            let _ = tx.try_send(sched.now());
        };
        let timer = Self::unset(sched, Box::new(send), rx);
        timer.set(duration);
        timer
    }

    fn unset(sched: SchedRef, call: Call, fired: Receiver<Instant>) -> Self {
        // SAFETY: a goroutine of its is running this.
        let alarm = Alarm::new(&unsafe { sched.keep() }, call);
        Self { alarm, fired }
    }

    fn set(&self, after: Duration) -> bool {
        self.alarm.set((deadline::ns(after), NEVER), || self.forget())
    }

    /// Takes the time of before out of the channel.
    fn forget(&self) {
        self.fired.try_iter().for_each(drop);
    }

    /// The channel on which the timer sends the time when it fires. That of a timer of [`after_func`] stays
    /// empty.
    pub fn receiver(&self) -> &Receiver<Instant> {
        &self.fired
    }

    /// Stops the timer. Returns whether it was set; then it does not fire. Does not wait.
    ///
    /// The channel stays open, and the function of an [`after_func`] is kept with all that it owns, for a
    /// [`reset`](Self::reset). Both go when the timer is dropped.
    ///
    /// If it returns `false`, the timer had fired already, or was stopped. A goroutine that it started may
    /// still run.
    #[track_caller]
    pub fn stop(&self) -> bool {
        step::step(step::Call::new("stop", "timer"), Arc::as_ptr(&self.alarm));
        self.alarm.stop(|| self.forget())
    }

    /// Sets the timer anew: it fires after `duration`, and not when it would have before. Returns whether it
    /// was set. Does not wait.
    ///
    /// After the end of its runtime it does nothing and returns `false`.
    #[track_caller]
    pub fn reset(&self, duration: Duration) -> bool {
        step::step(step::Call::new("reset", "timer"), Arc::as_ptr(&self.alarm));
        self.set(duration)
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Timer { .. }")
    }
}

/// Starts a goroutine that runs `f` after a duration, unless the timer is stopped before (Go's
/// `time.AfterFunc`). Each [`reset`](Timer::reset) of the timer may start one more. Does not wait.
///
/// `f` may run several times, even at the same time, so it is `Fn`: what it is to give away goes into a
/// `Mutex<Option<_>>`. It is dropped with the timer, once it does not run any more.
///
/// If there is no memory for the goroutine's stack, one line on stderr says so, and `f` does not run.
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
/// use gosched::time::{Duration, after_func};
/// rt.run(|| {
///     let (tx, rx) = gosched::chan::bounded(1);
///     let timer = after_func(Duration::from_millis(1), move || tx.send("late").unwrap());
///     assert_eq!(rx.recv(), Ok("late"));
///     assert!(!timer.stop());
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn after_func<F>(duration: Duration, f: F) -> Timer
where
    F: Fn() + Send + Sync + 'static,
{
    let timer = unset_func(current_sched("after_func"), f);
    timer.set(duration);
    timer
}

/// Makes a timer that starts a goroutine of a runtime, which the caller is one of, and is not set yet.
#[track_caller]
pub(in crate::api) fn unset_func<F>(sched: SchedRef, f: F) -> Timer
where
    F: Fn() + Send + Sync + 'static,
{
    let at = core::panic::Location::caller();
    let f = Arc::new(Given::new(f));
    let start = move || {
        let f = f.clone();
        if let Err(error) = join::start_at(sched, GClass::Normal, at, move || f()) {
            let line = format!("gosched: cannot start the goroutine of a timer: {error}\n");
            write_stderr(line.as_bytes());
        }
    };
    Timer::unset(sched, Box::new(start), chan::bounded(1).1)
}

/// A function of the user's that an alarm has. What it owns is never dropped on an M's own stack, where
/// nothing may wait or panic.
struct Given<F: Send + 'static>(ManuallyDrop<F>);

impl<F: Send> Given<F> {
    fn new(f: F) -> Self {
        Self(ManuallyDrop::new(f))
    }
}

impl<F: Send> Deref for Given<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}

impl<F: Send> Drop for Given<F> {
    fn drop(&mut self) {
        // SAFETY: it is taken once.
        let f = unsafe { ManuallyDrop::take(&mut self.0) };
        let Some(m) = marks::this_m().filter(|m| m.running().is_none()) else { return };
        // In a goroutine. If there is no memory for one, it is leaked.
        let f = ManuallyDrop::new(f);
        let at = core::panic::Location::caller();
        let dropped = join::start_at(m.sched, GClass::Normal, at, move || {
            drop(ManuallyDrop::into_inner(f));
        });
        drop(dropped);
    }
}
