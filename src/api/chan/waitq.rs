//! Those who wait on a channel: each a node on its own stack.

use core::ptr::NonNull;
use std::collections::VecDeque;

use crate::facade::Cell;
use crate::sched::g::Waker;

/// One waiting sender (with its value) or receiver (with room for one): Go's `sudog`.
///
/// It belongs to the channel's lock from when it is queued until somebody has dequeued it and used
/// its waker; then to its owner again.
pub(super) struct Waiter<T> {
    state: Cell<State<T>>,
}

struct State<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

impl<T> Waiter<T> {
    pub(super) fn new(value: Option<T>, waker: Waker) -> Self {
        Self { state: Cell::new(State { value, waker: Some(waker) }) }
    }

    /// What is in the node when its owner has it back.
    pub(super) fn into_value(self) -> Option<T> {
        // SAFETY: (exclusive) it is the owner's again.
        self.state.with_mut(|state| unsafe { (*state).value.take() })
    }
}

/// Waiters in the order of their coming. Lies behind its channel's lock.
pub(super) struct Waitq<T> {
    waiters: VecDeque<NonNull<Waiter<T>>>,
}

// SAFETY: the nodes' values and wakers are Send, and the lock says who touches them.
unsafe impl<T: Send> Send for Waitq<T> {}

impl<T> Waitq<T> {
    pub(super) const fn new() -> Self {
        Self { waiters: VecDeque::new() }
    }

    /// Queues a waiter.
    ///
    /// # Safety
    ///
    /// - The node stays where it is until its waker was used.
    pub(super) unsafe fn push(&mut self, waiter: &Waiter<T>) {
        self.waiters.push_back(NonNull::from_ref(waiter));
    }

    /// Dequeues the first waiter; gives `exchange` its value's place, and returns its waker, which
    /// must be used after the lock is dropped.
    pub(super) fn pop<R>(
        &mut self,
        exchange: impl FnOnce(&mut Option<T>) -> R,
    ) -> Option<(R, Waker)> {
        let waiter = self.waiters.pop_front()?;
        // SAFETY: a queued node stays in place (see `push`).
        let waiter = unsafe { waiter.as_ref() };
        waiter.state.with_mut(|state| {
            // SAFETY: (exclusive) queued nodes belong to the lock, which the caller holds.
            let state = unsafe { &mut *state };
            let result = exchange(&mut state.value);
            state.waker.take().map(|waker| (result, waker))
        })
    }
}
