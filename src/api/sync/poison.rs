//! Whether a holder of a lock panicked: std's meaning.

use std::sync::{LockResult, PoisonError};

use crate::facade::{AtomicU32, Ordering::Relaxed, const_if_real};

/// Whether a lock is poisoned. Written by its holder, and by a caller of `clear_poison`; read by the
/// next holder. Any order: it comes with the lock.
pub(super) struct Flag(AtomicU32);

impl Flag {
    const_if_real! {
        pub(super) fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    pub(super) fn is_set(&self) -> bool {
        // Relaxed: comes with the lock.
        self.0.load(Relaxed) != 0
    }

    pub(super) fn set(&self) {
        // Relaxed: comes with the lock.
        self.0.store(1, Relaxed);
    }

    pub(super) fn clear(&self) {
        // Relaxed: comes with the lock.
        self.0.store(0, Relaxed);
    }
}

/// What a caller gets of a lock that is poisoned, or is not.
pub(super) fn poison<G>(guard: G, is_poisoned: bool) -> LockResult<G> {
    if is_poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}
