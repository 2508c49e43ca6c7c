//! A kernel that refuses threads, for the programs of the checkers.

use std::cell::Cell;
use std::io;

std::thread_local! {
    // How many threads the execution gets. The checkers run all of them on one.
    static LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// Limits the execution to this many more threads.
#[cfg(test)]
pub(crate) fn begins_after(threads: u32) {
    LEFT.set(threads);
}

/// Ends the limit.
#[cfg(test)]
pub(crate) fn ends() {
    LEFT.set(u32::MAX);
}

/// Takes one more thread, if there is one.
///
/// # Errors
///
/// The error that Linux returns at `RLIMIT_NPROC`, if no thread is left.
pub(crate) fn take_one() -> io::Result<()> {
    match LEFT.get() {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        left => {
            LEFT.set(left - 1);
            Ok(())
        }
    }
}
