//! A wait in a queue that lies behind a lock.

use crate::proto::lock::Lock;
use crate::proto::waitq::{Waiter, Waitq, Withdrawn};
use crate::sched::gmp::g::Waker;
use crate::sched::gmp::wait::Abandon;

/// A wait in such a queue. If a waker gave the waiter something before the runtime ended, that is
/// lost with the waiter.
pub(crate) struct InQueue<'a, S, D> {
    pub(crate) lock: &'a Lock<S>,
    /// Which queue.
    pub(crate) queue: fn(&mut S) -> &mut Waitq<D, Waker>,
    pub(crate) waiter: &'a Waiter<D, Waker>,
}

impl<S, D: Copy> Abandon for InQueue<'_, S, D> {
    fn abandon(&self) {
        let withdrawn = (self.queue)(&mut self.lock.lock()).withdraw(self.waiter);
        if let Withdrawn::Queued(waker) = withdrawn {
            waker.abandon();
        }
    }
}
