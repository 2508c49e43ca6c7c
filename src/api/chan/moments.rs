//! Channels that the clock sends to: [`after`](super::after), [`at`](super::at) and
//! [`tick`](super::tick).
//!
//! They are passive. There is no timer and no thread: who waits on one waits until a moment.

use std::time::{Duration, Instant};

use super::limit::Limit;
use crate::base::rank::Rank;
use crate::proto::lock::Lock;
use crate::sched::virtually;

/// The moments at which there is something to receive.
pub(super) struct Moments<T> {
    /// The first moment, by both clocks.
    first: Instant,
    first_ns: u64,
    /// `None`: the first is the only one.
    period_ns: Option<u64>,
    /// The first that was not received.
    next: Lock<Limit>,
    /// Makes the value, which is the moment: `T` is `Instant`.
    value: fn(Instant) -> T,
}

impl Moments<Instant> {
    /// One moment; `None` if the clock cannot reach it.
    pub(super) fn at(when: Instant) -> Option<Self> {
        Self::new(when, Limit::at(when), None)
    }

    /// One moment after so much time; `None` if the clock cannot reach it.
    pub(super) fn after(timeout: Duration) -> Option<Self> {
        Self::new(virtually::now().checked_add(timeout)?, Limit::after(timeout), None)
    }

    /// A moment after each period; `None` if the clock cannot reach the first.
    pub(super) fn every(period: Duration) -> Option<Self> {
        let period_ns = u64::try_from(period.as_nanos()).ok();
        Self::new(virtually::now().checked_add(period)?, Limit::after(period), period_ns)
    }

    fn new(first: Instant, next: Limit, period_ns: Option<u64>) -> Option<Self> {
        let Limit::At(first_ns) = next else { return None };
        let next = Lock::new(Rank::Chan, next);
        Some(Self { first, first_ns, period_ns, next, value: |moment| moment })
    }
}

impl<T> Moments<T> {
    /// When there is something to receive.
    pub(super) fn next(&self) -> Limit {
        *self.next.lock()
    }

    /// The moment that has come, if nobody has received it.
    pub(super) fn take(&self) -> Option<T> {
        let mut next = self.next.lock();
        let Limit::At(moment_ns) = *next else { return None };
        let now_ns = virtually::now_ns();
        if now_ns < moment_ns {
            return None;
        }
        *next = self.behind(moment_ns, now_ns);
        drop(next);
        let passed = Duration::from_nanos(moment_ns.saturating_sub(self.first_ns));
        Some((self.value)(self.first + passed))
    }

    /// The first moment of the grid that lies behind now: those between are left out.
    fn behind(&self, moment_ns: u64, now_ns: u64) -> Limit {
        let Some(period_ns) = self.period_ns else { return Limit::Never };
        let periods = (now_ns - moment_ns).checked_div(period_ns).map(|n| n + 1);
        let step_ns = periods.map_or(Some(now_ns - moment_ns), |n| n.checked_mul(period_ns));
        step_ns.and_then(|step| moment_ns.checked_add(step)).map_or(Limit::Never, Limit::At)
    }
}
