//! Plain data: no atomics, no system calls, no scheduler.

pub(crate) mod heap;
pub(crate) mod histogram;
pub(crate) mod list;
pub(crate) mod rank;
mod throw;

pub(crate) use throw::{die, throw, throw_unless};
