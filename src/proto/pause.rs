//! Holding runnable things back: while somebody has paused them, those that would run are put aside,
//! and none is lost when the pause ends.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `on` | under the lock, with racy readers | who begins or ends a pause: how many there are |
//! | `held` | under the lock | who holds one back; who ends the last pause |
//!
//! # Invariants
//!
//! - I1: whatever is held is released by the end of the last pause: `hold` looks at `on` again under
//!   the lock.
//! - I2: a pause that began before a thread got its processor is seen by that thread. A pause
//!   begins while the world is stopped, so that there is no other thread.
//!
//! # Source
//!
//! Go's `schedEnableUser` and `sched.disable` (runtime/proc.go). A queue that the deadlock check did
//! not know of was golang/go#34736 and golang/go#38404.
//!
//! # Suites
//!
//! `verify/loom/pause.rs`, `verify/shuttle/pause.rs`: two that would run against the end of the pause.
//! Mutant CD1.

use core::ptr::NonNull;

use super::lock::Lock;
use crate::base::list::{Linked, List};
use crate::base::rank::Rank;
use crate::facade::{AtomicU32, Ordering::Relaxed};

/// Those held back, and how many pauses there are.
pub(crate) struct Pause<T: Linked> {
    on: AtomicU32,
    held: Lock<List<T>>,
}

impl<T: Linked> Pause<T> {
    pub(crate) fn new() -> Self {
        Self { on: AtomicU32::new(0), held: Lock::new(Rank::Pause, List::new()) }
    }

    /// Whether there is a pause: certain if there is none and it cannot have just begun (I2).
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        // Relaxed: hint, rechecked by `hold`; for a beginning see I2.
        self.on.load(Relaxed) != 0
    }

    /// Begins a pause.
    pub(crate) fn begin(&self) {
        let _held = self.held.lock();
        // Relaxed: under the lock.
        self.on.store(self.on.load(Relaxed) + 1, Relaxed);
    }

    /// Holds one back that the caller owns; false if there is no pause any more.
    #[must_use]
    pub(crate) fn hold(&self, one: NonNull<T>) -> bool {
        let mut held = self.held.lock();
        let is_on = self.is_on();
        if is_on {
            held.push_back(one);
        }
        is_on
    }

    /// Ends a pause. Those that were held are the caller's if it was the last.
    #[must_use]
    pub(crate) fn end(&self) -> List<T> {
        let mut held = self.held.lock();
        // Relaxed: under the lock.
        let on = self.on.load(Relaxed) - 1;
        // Relaxed: under the lock; racy readers look again.
        self.on.store(on, Relaxed);
        if on == 0 { core::mem::replace(&mut held, List::new()) } else { List::new() }
    }
}
