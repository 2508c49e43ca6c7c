//! What belongs to the process and not to one scheduler: outside every model, std's own.
//!
//! There are three such things: the arena that stacks are carved from, the handler that names an
//! overflowed one, and what the kernel can do (learnt once). A checker must not see them, because
//! they outlive an execution.

#![expect(clippy::disallowed_types, reason = "these words live across models, by design")]

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(crate) use std::sync::{Mutex, OnceLock};

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
