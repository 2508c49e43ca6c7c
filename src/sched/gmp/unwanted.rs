//! What is dropped because nobody will take it. Its destructor is the user's: a panic there must not stop
//! what the scheduler is about to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::machine::signal;

/// Drops it, outside every lock. If that panics, one line on stderr says so.
pub(crate) fn drop_unwanted<R>(unwanted: R, if_it_panics: &str) {
    contain(|| drop(unwanted), if_it_panics);
}

/// Runs code of the user's. If it panics, the panic ends here, and the line is written to stderr.
pub(crate) fn contain(f: impl FnOnce(), if_it_panics: &str) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        let _ = core::mem::ManuallyDrop::new(payload); // it may panic as well
        signal::write_stderr(if_it_panics.as_bytes());
    }
}
