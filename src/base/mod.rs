//! Plain data: no atomics, no system calls, no scheduler.

pub(crate) mod heap;
pub(crate) mod histogram;
#[cfg(any(
    all(feature = "shuttle", not(feature = "loom"), not(test)),
    all(test, any(feature = "loom", feature = "shuttle"))
))]
pub(crate) mod lanes;
pub(crate) mod list;
pub(crate) mod rank;
mod throw;

pub(crate) use throw::{die, throw, throw_unless};
