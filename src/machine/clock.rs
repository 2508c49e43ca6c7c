//! The monotonic clock, and how sharp sleeps are.

/// Nanoseconds since the machine started, not counting suspension (`CLOCK_MONOTONIC`).
pub(crate) fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a timespec that the call may write.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

/// Lets the short sleeps of the calling thread be short: the kernel ends a sleep late by up to the
/// thread's slack, which is 50 us unless it is told otherwise.
pub(crate) fn sleep_sharply() {
    const SHORTEST_NS: libc::c_ulong = 1; // zero would be the default again
    // SAFETY: passes numbers. Refused, sleeps stay as they are.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, SHORTEST_NS) };
}

/// Runs `f`, whose sleeps are short, and leaves the thread's slack as it was.
pub(crate) fn sharply<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: asks for a number.
    let slack = unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
    sleep_sharply();
    let result = f();
    if let Ok(slack) = libc::c_ulong::try_from(slack) {
        // SAFETY: passes numbers.
        unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, slack) };
    }
    result
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_slack_is_as_it_was_after_a_short_sleep() {
        // SAFETY: asks for a number.
        let slack = || unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
        let before = slack();
        assert_eq!((super::sharply(slack), slack()), (1, before));
    }

    #[test]
    fn a_thread_that_asks_for_short_sleeps_has_the_least_slack() {
        super::sleep_sharply();
        // SAFETY: asks for a number.
        assert_eq!(unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) }, 1);
    }
}
