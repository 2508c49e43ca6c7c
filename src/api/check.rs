//! Numbers that a user may ask for.

use crate::proto::idle;

/// A number of processors that can be.
///
/// # Panics
///
/// If `n` is none, with the name of the function that it was given to.
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

/// A limit of threads that can be.
///
/// # Panics
///
/// If it is none, with the name of the function that it was given to.
#[track_caller]
pub(super) fn check_max_threads(n: usize, what: &str) -> u32 {
    assert!(n > 0, "gosched: a runtime needs at least one thread: {what}(0)");
    let most = i32::MAX.cast_unsigned();
    assert!(n <= most as usize, "gosched: a process cannot have so many threads: {what}({n})");
    u32::try_from(n).unwrap_or(most)
}
