//! Checks of numbers that a user passes in.

use crate::proto::idle;

/// Checks a number of processors. `what` names the function that it was passed to.
///
/// # Panics
///
/// If `n` is 0 or above 32,767.
#[track_caller]
pub(super) fn check_procs(n: usize, what: &str) -> u32 {
    assert!(n > 0, "gosched: a runtime needs at least one processor: {what}(0)");
    assert!(
        n <= idle::MOST_PROCS,
        "gosched: a runtime has at most {} processors: {what}({n})",
        idle::MOST_PROCS
    );
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Checks a limit of threads. `what` names the function that it was passed to.
///
/// # Panics
///
/// If `n` is 0 or above 2,147,483,647.
#[track_caller]
pub(super) fn check_max_threads(n: usize, what: &str) -> u32 {
    assert!(n > 0, "gosched: a runtime needs at least one thread: {what}(0)");
    let most = i32::MAX.cast_unsigned();
    assert!(n <= most as usize, "gosched: a process cannot have so many threads: {what}({n})");
    u32::try_from(n).unwrap_or(most)
}
