//! A task of an executor that waits for something of this crate, through a future.

use core::task;
use std::sync::Arc;

use super::unwanted::contain;
use crate::base::rank::Rank;
use crate::proto::lock::Lock;

/// Whom to wake: whoever polled the future last.
pub(crate) struct Task(Lock<Option<task::Waker>>);

impl Task {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Lock::new(Rank::Future, None)))
    }

    /// Notes whom to wake from now on. The caller looks at what it waits for after that, so that a wake-up
    /// that came before is not missed.
    pub(crate) fn is_polled_by(&self, poller: &task::Waker) {
        let new = poller.clone(); // the user's code, outside the lock
        let old = self.0.lock().replace(new);
        drop(old);
    }

    /// Wakes the task, which runs code of the user's: outside every lock and section.
    pub(crate) fn wake(&self) {
        let poller = self.0.lock().take();
        if let Some(poller) = poller {
            contain(|| poller.wake(), "gosched: the waker of a task panicked\n");
        }
    }
}
