//! Holding goroutines back: during a pause a goroutine that would run is put aside, and none is
//! lost when the pause ends.
//!
//! # In short
//!
//! While a runtime is paused, a thread that is about to run a goroutine puts it aside. A goroutine
//! that is put aside after the end of the pause would never run. That cannot happen: the thread
//! looks again, under the lock, whether a pause is on, and the end of the last pause takes out all
//! that was put aside under the same lock. Nor does a thread overlook a pause that has begun. A
//! pause begins while the world is stopped, and every thread that gets a processor afterwards sees
//! it.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `on` | under the lock, with racy readers | a thread that begins or ends a pause: how many there are |
//! | `held` | under the lock | a thread that holds a goroutine back; the one that ends the last pause |
//!
//! # Invariants
//!
//! - I1: whatever is held is released by the end of the last pause: `hold` looks at `on` again
//!   under the lock.
//! - I2: a pause that began before a thread got its processor is seen by that thread. A pause
//!   begins while the world is stopped, so that there is no other thread.
//!
//! # Source
//!
//! Go's `schedEnableUser` and `sched.disable` (runtime/proc.go). That queue was unknown to Go's
//! deadlock check: golang/go#34736 and golang/go#38404.
//!
//! # Suites
//!
//! `verify/loom/pause.rs`, `verify/shuttle/pause.rs`: two goroutines that would run, against the
//! end of the pause. Mutant CD1.

use core::ptr::NonNull;

use crossbeam_utils::CachePadded;

use super::lock::Lock;
use crate::base::list::{Linked, List};
use crate::base::rank::Rank;
use crate::facade::{AtomicU32, Ordering::Relaxed};

/// Those held back, and how many pauses there are.
pub(crate) struct Pause<T: Linked> {
    /// In a line of its own: every switch reads it, and a stop of the world writes what would lie beside it.
    on: CachePadded<AtomicU32>,
    held: Lock<List<T>>,
}

impl<T: Linked> Pause<T> {
    pub(crate) fn new() -> Self {
        Self { on: CachePadded::new(AtomicU32::new(0)), held: Lock::new(Rank::Pause, List::new()) }
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
