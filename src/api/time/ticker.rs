//! A ticker: it sends the time periodically.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::api::calls::current_sched;
use crate::api::deadline;
use crate::chan::{self, Receiver};
use crate::sched::alarm::Alarm;

/// A ticker, which sends the time once in each period (Go's `time.Ticker`).
///
/// The channel holds one tick. While it lies there, the ticks that follow are left out: so the tick that is
/// received may be old, and the one behind it is new. The ticks do not drift: each comes a whole number of
/// periods after the first.
///
/// Dropping the ticker stops it, and disconnects its channel. It belongs to the runtime of the goroutine that
/// made it.
///
/// [`chan::tick`](crate::chan::tick) is simpler where nothing is to be stopped or reset: it works on ordinary
/// threads too, and leaves no timer behind.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::time::{Duration, Ticker};
/// rt.run(|| {
///     let ticker = Ticker::new(Duration::from_millis(1));
///     for _ in 0..3 {
///         ticker.receiver().recv().unwrap();
///     }
/// });
/// # std::io::Result::Ok(())
/// ```
pub struct Ticker {
    alarm: Arc<Alarm>,
    ticks: Receiver<Instant>,
}

impl UnwindSafe for Ticker {}
impl RefUnwindSafe for Ticker {}

impl Ticker {
    /// Makes a ticker whose first tick comes after one period. Does not wait.
    ///
    /// # Panics
    ///
    /// If the period is zero, or the caller is not a goroutine.
    #[track_caller]
    pub fn new(period: Duration) -> Self {
        check(period);
        let sched = current_sched("Ticker::new");
        let (tx, ticks) = chan::bounded(1);
        let send = Box::new(move || {
            // Full if the last tick was not received.
            let _ = tx.try_send(sched.now());
        });
        // SAFETY: a goroutine of its is running this.
        let alarm = Alarm::new(&unsafe { sched.keep() }, send);
        let ticker = Self { alarm, ticks };
        ticker.set(period);
        ticker
    }

    fn set(&self, period: Duration) {
        let period_ns = deadline::ns(period);
        self.alarm.set((period_ns, period_ns), || self.forget());
    }

    fn forget(&self) {
        self.ticks.try_iter().for_each(drop);
    }

    /// The channel on which the ticks come.
    pub fn receiver(&self) -> &Receiver<Instant> {
        &self.ticks
    }

    /// Stops the ticker: no tick comes any more, and none is left in the channel. As in Go, the channel stays
    /// open: whoever waits for a tick waits until the ticker is [reset](Self::reset) or dropped. Does not wait.
    pub fn stop(&self) {
        self.alarm.stop(|| self.forget());
    }

    /// Sets another period, from now on. A ticker that was stopped ticks again. Does not wait.
    ///
    /// # Panics
    ///
    /// If the period is zero.
    #[track_caller]
    pub fn reset(&self, period: Duration) {
        check(period);
        self.set(period);
    }
}

#[track_caller]
fn check(period: Duration) {
    assert!(!period.is_zero(), "gosched: a ticker's period must not be zero");
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Ticker { .. }")
    }
}
