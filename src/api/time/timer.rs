//! A timer: it sends, or calls, once at a moment, unless it was stopped.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::api::deadline;
use crate::api::goroutine::current_sched;
use crate::api::join;
use crate::chan::{self, Receiver};
use crate::proto::timers::NEVER;
use crate::sched::alarm::Alarm;
use crate::sched::g::GClass;
use crate::sched::schedt::SchedRef;

/// A timer that sends the time, or starts a goroutine, once (Go's `time.Timer`).
///
/// [`Timer::new`] makes one that sends on its channel, [`after_func`] one that starts a goroutine.
/// [`stop`](Self::stop) and [`reset`](Self::reset) tell the truth: if they return `true`, the timer had not
/// fired, and does not. After either has returned, the channel holds no time of before.
///
/// A timer belongs to the runtime of the goroutine that made it. Once that has ended it does not fire.
/// Dropping the timer does not stop it.
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
    alarm: Arc<dyn Set>,
    fired: Receiver<Instant>,
}

impl UnwindSafe for Timer {}
impl RefUnwindSafe for Timer {}

/// What a timer asks of its alarm, whatever that calls.
trait Set: Send + Sync {
    fn set(self: Arc<Self>, when: u64, fired: &Receiver<Instant>) -> bool;
    fn stop(&self, fired: &Receiver<Instant>) -> bool;
}

impl<F: Fn() + Send + Sync + 'static> Set for Alarm<F> {
    fn set(self: Arc<Self>, when: u64, fired: &Receiver<Instant>) -> bool {
        Self::set(&self, (when, NEVER), || forget(fired))
    }

    fn stop(&self, fired: &Receiver<Instant>) -> bool {
        Self::stop(self, || forget(fired))
    }
}

/// Takes the time of before out of the channel.
fn forget(fired: &Receiver<Instant>) {
    fired.try_iter().for_each(drop);
}

impl Timer {
    /// Makes a timer that sends the current time on its channel after a duration. Does not wait.
    ///
    /// # Panics
    ///
    /// If the caller is not a goroutine. On an ordinary thread use a receive with a time-out.
    #[track_caller]
    pub fn new(duration: Duration) -> Self {
        let when = deadline::after(duration);
        let (tx, rx) = chan::bounded(1);
        let send = move || {
            // Full only if the last time was not received.
            let _ = tx.try_send(Instant::now());
        };
        Self::start(current_sched("Timer::new"), when, send, rx)
    }

    fn start(
        sched: SchedRef,
        when: u64,
        call: impl Fn() + Send + Sync + 'static,
        fired: Receiver<Instant>,
    ) -> Self {
        // SAFETY: a goroutine of its is running this.
        let alarm = Alarm::new(&unsafe { sched.keep() }, call);
        let timer = Self { alarm, fired };
        timer.set(when);
        timer
    }

    fn set(&self, when: u64) -> bool {
        self.alarm.clone().set(when, &self.fired)
    }

    /// The channel on which the timer sends the time when it fires. That of a timer of [`after_func`] stays
    /// empty.
    pub fn receiver(&self) -> &Receiver<Instant> {
        &self.fired
    }

    /// Stops the timer. Returns whether it was set; then it does not fire. Does not wait.
    ///
    /// If it returns `false`, the timer had fired already, or was stopped. A goroutine that it started may
    /// still run.
    pub fn stop(&self) -> bool {
        self.alarm.stop(&self.fired)
    }

    /// Sets the timer anew: it fires after `duration`, and not when it would have before. Returns whether it
    /// was set. Does not wait.
    ///
    /// After the end of its runtime it does nothing and returns `false`.
    pub fn reset(&self, duration: Duration) -> bool {
        self.set(deadline::after(duration))
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
    let when = deadline::after(duration);
    let sched = current_sched("after_func");
    let f = Arc::new(f);
    let at = core::panic::Location::caller();
    let start = move || {
        let f = f.clone();
        if let Err(error) = join::start_at(sched, GClass::Normal, at, move || f()) {
            let line = format!("gosched: cannot start the goroutine of a timer: {error}\n");
            crate::machine::signal::write_stderr(line.as_bytes());
        }
    };
    Timer::start(sched, when, start, chan::bounded(1).1)
}
