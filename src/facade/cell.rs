//! Shared memory that is not atomic: a protocol elsewhere says who may touch it.

use super::backend::{const_if_real, raw};

/// An `UnsafeCell` whose accesses loom checks for races.
///
/// Closures passed to it must not call back into the facade.
pub(crate) struct Cell<T>(raw::UnsafeCell<T>);

impl<T> Cell<T> {
    const_if_real! {
        pub(crate) fn new(value: T) -> Self {
            Self(raw::UnsafeCell::new(value))
        }
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.0.with(f)
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(f)
    }
}
