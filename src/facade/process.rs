//! What belongs to the process and not to one scheduler: outside every model, std's own.
//!
//! There are three such things: the arena that stacks are carved from, the handler that names an
//! overflowed one, and what the kernel can do (learnt once). A checker must not see them, because
//! they outlive an execution. What it must see, and the process has one of, is made by
//! [`process_wide!`](super::process_wide).

#![expect(clippy::disallowed_types, reason = "these words live across models, by design")]

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use std::sync::{Mutex, OnceLock, PoisonError};

/// A value that the whole process shares, made once, used by one thread at a time.
pub(crate) struct Global<T>(OnceLock<Mutex<T>>);

impl<T> Global<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    /// Makes the value, unless somebody was faster. `make` is called once at most.
    pub(crate) fn init(&self, make: impl FnOnce() -> T) {
        self.0.get_or_init(|| Mutex::new(make()));
    }

    /// Uses the value; `None` if it was never made.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mutex = self.0.get()?;
        // A panic cannot leave the value halfway: whoever uses it does not panic in between.
        Some(use_it(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// A number that is set once, before whoever reads it could need it.
pub(crate) struct Word(AtomicUsize);

impl Word {
    pub(crate) const fn new(value: usize) -> Self {
        Self(AtomicUsize::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }

    pub(crate) fn set(&self, value: usize) {
        self.0.store(value, Relaxed);
    }
}
