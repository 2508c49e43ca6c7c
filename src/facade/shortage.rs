//! A kernel that refuses threads, for the programs of the checkers.

use std::cell::Cell;
use std::io;

std::thread_local! {
    // How many threads the execution gets. The checkers run all of them on one.
    static LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// The execution gets so many threads from here on.
#[cfg(test)]
pub(crate) fn begins_after(threads: u32) {
    LEFT.set(threads);
}

/// The execution gets as many threads as it wants.
#[cfg(test)]
pub(crate) fn ends() {
    LEFT.set(u32::MAX);
}

/// Takes one more thread, if there is one.
///
/// # Errors
///
/// As Linux at `RLIMIT_NPROC`.
pub(crate) fn take_one() -> io::Result<()> {
    match LEFT.get() {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        left => {
            LEFT.set(left - 1);
            Ok(())
        }
    }
}
