//! The end of the process, for what the scheduler itself got wrong.
//!
//! A scheduler that has lost its invariants must not unwind: it would run destructors on stacks
//! whose state it no longer knows.

use std::fmt;
use std::io::Write;

/// Prints `gosched: message` and aborts.
#[cold]
pub(crate) fn die(message: fmt::Arguments<'_>) -> ! {
    // A closed stderr must not keep the process alive.
    let _ = writeln!(std::io::stderr(), "gosched: {message}");
    std::process::abort()
}

/// Aborts with a message: an invariant of the scheduler is broken.
macro_rules! throw {
    ($($arg:tt)*) => { $crate::base::die(format_args!($($arg)*)) };
}
pub(crate) use throw;

/// [`throw!`](throw) unless the condition holds.
macro_rules! throw_unless {
    ($condition:expr, $($arg:tt)*) => { if !$condition { $crate::base::throw!($($arg)*) } };
}
pub(crate) use throw_unless;
