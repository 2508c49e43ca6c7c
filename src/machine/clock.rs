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

#[cfg(test)]
mod tests {
    #[test]
    fn a_thread_that_asks_for_short_sleeps_has_the_least_slack() {
        super::sleep_sharply();
        // SAFETY: asks for a number.
        assert_eq!(unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) }, 1);
    }
}
