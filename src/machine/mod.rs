//! The processor and the kernel: one thin function a need, no protocols, no state.

pub(crate) mod arch;
#[cfg(feature = "backtrace")]
pub(crate) mod backtrace;
#[cfg(not(feature = "backtrace"))]
#[path = "no_backtrace.rs"]
pub(crate) mod backtrace;
pub(crate) mod clock;
pub(crate) mod fiber;
pub(crate) mod float;
pub(crate) mod futex;
pub(crate) mod handler;
pub(crate) mod images;
pub(crate) mod membarrier;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod stack;
pub(crate) mod valgrind;
