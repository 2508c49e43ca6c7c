//! Moments as the scheduler counts them.

use std::time::{Duration, Instant};

use crate::proto::timers::NEVER;
use crate::sched::virtually;

/// The moment after a duration, in nanoseconds of the clock that the caller goes by. What is too far away is the last
/// moment, in 584 years.
pub(crate) fn after(duration: Duration) -> u64 {
    virtually::now_ns().saturating_add(ns(duration)).min(NEVER - 1)
}

/// A duration in nanoseconds.
pub(crate) fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// An instant in nanoseconds of the clock that the caller goes by: this moment, if it is past.
pub(crate) fn at(deadline: Instant) -> u64 {
    // In this order: between the two looks at the clock time passes, and a wait must not end early.
    let left = deadline.saturating_duration_since(virtually::now());
    after(left)
}
