//! Moments as the scheduler counts them.

use std::time::{Duration, Instant};

use crate::facade::now_ns;
use crate::proto::timers::NEVER;

/// The moment after a duration, in nanoseconds of the scheduler's clock. What is too far away is the last
/// moment, in 584 years.
pub(crate) fn after(duration: Duration) -> u64 {
    let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    now_ns().saturating_add(ns).min(NEVER - 1)
}

/// An instant in nanoseconds of the scheduler's clock: this moment, if it is past.
pub(crate) fn at(deadline: Instant) -> u64 {
    // In this order: between the two looks at the clock time passes, and a wait must not end early.
    let left = deadline.saturating_duration_since(Instant::now());
    after(left)
}
