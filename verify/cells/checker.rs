//! What the two checkers call by different names.

#[cfg(feature = "loom")]
pub(crate) use ::loom::sync::{Mutex, MutexGuard};
#[cfg(not(feature = "loom"))]
pub(crate) use ::shuttle::sync::{Mutex, MutexGuard};

/// The part of a large program that loom explores, if the suite asks for a window.
pub(crate) fn window<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(feature = "loom")]
    ::loom::explore();
    crate::facade::journal::begin();
    let result = f();
    #[cfg(feature = "loom")]
    ::loom::stop_exploring();
    result
}
