//! Where goroutines without a P meet the end of their runtime.
//!
//! The end stops the world, so nobody who has a P is missed. Two kinds of goroutines have none: one
//! whose P was taken and that queues for another, and one that sleeps with its thread. Both look here
//! first, under the lock: either the end finds them at rest, or they find the end.

use core::ptr::NonNull;

use super::wait::Abandon;
use crate::base::rank::Rank;
use crate::proto::lock::Lock;

/// Whether the runtime is over, and who sleeps with its thread.
pub(crate) struct End(Lock<State>);

struct State {
    is_over: bool,
    sleepers: Vec<NonNull<dyn Abandon>>,
}

// SAFETY: a wait may be abandoned from any thread; it is there while it is listed.
unsafe impl Send for State {}

impl End {
    pub(crate) fn new() -> Self {
        Self(Lock::new(Rank::End, State { is_over: false, sleepers: Vec::new() }))
    }

    /// Does what leaves a goroutine at rest, unless the runtime is over; says whether it did.
    #[must_use]
    pub(crate) fn unless_over(&self, rest: impl FnOnce()) -> bool {
        let state = self.0.lock();
        if !state.is_over {
            rest();
        }
        !state.is_over
    }

    /// Lists a wait that a thread will sleep in; false if the runtime is over.
    ///
    /// # Safety
    ///
    /// - The wait stays where it is until it was removed.
    #[must_use]
    pub(crate) unsafe fn add(&self, wait: NonNull<dyn Abandon>) -> bool {
        let mut state = self.0.lock();
        if !state.is_over {
            state.sleepers.push(wait);
        }
        !state.is_over
    }

    /// Takes a wait off the list; says whether the runtime is over.
    pub(crate) fn remove(&self, wait: NonNull<dyn Abandon>) -> bool {
        let mut state = self.0.lock();
        state.sleepers.retain(|other| !core::ptr::addr_eq(other.as_ptr(), wait.as_ptr()));
        state.is_over
    }

    /// The runtime is over: whoever sleeps is woken, and finds that.
    pub(crate) fn begin(&self) {
        let mut state = self.0.lock();
        state.is_over = true;
        for wait in &state.sleepers {
            // SAFETY: it is listed.
            unsafe { wait.as_ref() }.abandon();
        }
    }
}
