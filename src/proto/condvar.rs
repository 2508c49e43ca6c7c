//! Waiting until another says that something has changed, which a mutex guards.
//!
//! # In short
//!
//! A waiter holds a mutex, looks at what the mutex guards, and waits if it is not what it wants. It queues
//! first and frees the mutex then. So whoever changes the data under the mutex afterwards, and notifies,
//! finds the waiter queued: no notification falls between the unlock and the wait. The waiters are woken in
//! the order in which they queued. One that was woken takes the mutex again, like any other.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `waiting` | under the lock, readers may be late | who queues, who takes out, who withdraws |
//! | the queue | under the lock | the same |
//!
//! # Invariants
//!
//! - I1: `waiting` is 0 only while the queue is empty, except within a holder's time of the lock.
//! - I2: who notifies after it held the mutex later than a waiter sees `waiting` as the waiter left it, or
//!   newer.
//! - I3: a notification of one is given to one that takes it: not to a waiter that will never run again, and
//!   not to one whose time is up.
//!
//! # Handshake
//!
//! The user's mutex. A waiter writes `waiting` before it frees the mutex, and who changes the data takes the
//! mutex after that: so its read of `waiting`, with no ordering of its own, is as new (I2). One that notifies
//! without ever having held the mutex may see an older word; but then nothing says that it came later.
//!
//! What a notifier did without the mutex is not published by the notification. The mutex, which the waiter
//! takes again, publishes what was done under it.
//!
//! # Rejected
//!
//! Go's way, where a waiter draws a ticket, frees the mutex and then queues ([`tickets`](super::tickets)).
//! std's futex, a counter: its waiters wake in any order, and one that comes later may take the wake-up.
//!
//! # Source
//!
//! Go's `notifyList`, whose `notifyListNotifyOne` also looks first whether anybody waits.
//!
//! # Suites
//!
//! `verify/loom/condvar.rs`, `verify/shuttle/condvar.rs`: a waiter and a notifier, two waiters, one that
//! comes late, an end, a time-out. Mutants CV1 (the mutex is freed first), CV2 (a dead waiter keeps the
//! notification), CV3 (who waits does not note it), CV4 (once one was notified it is noted that
//! nobody waits).

use core::marker::PhantomData;

use super::lock::{Exclude, Lock};
use super::tickets::{Ticket, Tickets, wake_below};
use super::waitq::{Waiter, Withdrawn};
use crate::base::rank::Rank;
use crate::facade::{AtomicU32, Ordering::Relaxed, const_if_real};

/// Those who wait to be notified.
pub(crate) struct Condvar<W, L = Lock<Tickets<W>>> {
    waiting: AtomicU32,
    tickets: L,
    wakers: PhantomData<fn() -> W>,
}

impl<W> Condvar<W> {
    const_if_real! {
        pub(crate) fn new() -> Self {
            let tickets = Lock::new(Rank::Condvar, Tickets::new());
            Self { waiting: AtomicU32::new(0), tickets, wakers: PhantomData }
        }
    }
}

impl<W, L: Exclude<Tickets<W>>> Condvar<W, L> {
    /// Like [`new`](Condvar::new), with a lock of another kind.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn under(tickets: L) -> Self {
        Self { waiting: AtomicU32::new(0), tickets, wakers: PhantomData }
    }

    /// Runs `change` on the queue, and says whether anybody waits there then.
    fn update<R>(&self, change: impl FnOnce(&mut Tickets<W>) -> R) -> R {
        let mut tickets = self.tickets.lock();
        let result = change(&mut tickets);
        // Relaxed: under the lock; for the readers, the user's mutex orders it (I2).
        self.waiting.store(u32::from(!tickets.is_empty()), Relaxed);
        result
    }

    /// Whether somebody waits that the caller must see (I2).
    #[inline]
    fn is_waited_for(&self) -> bool {
        // Relaxed: the user's mutex orders it (I2).
        self.waiting.load(Relaxed) != 0
    }

    /// Queues a waiter. The caller holds the mutex, and frees it next.
    ///
    /// # Safety
    ///
    /// - The node stays where it is until its waker was used, or it was withdrawn.
    pub(crate) unsafe fn queue(&self, waiter: &mut Waiter<Ticket, W>) {
        // SAFETY: as the caller says.
        self.update(|tickets| unsafe { tickets.push(waiter) });
    }

    /// Wakes the one that has waited longest.
    #[inline]
    pub(crate) fn notify_one(&self, wake: impl FnOnce(W)) {
        if self.is_waited_for()
            && let Some(waker) = self.update(Tickets::pop)
        {
            wake(waker);
        }
    }

    /// Wakes all that wait now.
    #[inline]
    pub(crate) fn notify_all(&self, wake: impl FnMut(W)) {
        if self.is_waited_for() {
            let all = self.tickets.lock().now();
            wake_below(&self.tickets, |tickets| tickets, all, wake);
            self.update(|_| ());
        }
    }

    /// Takes out a waiter that waits no longer. If one was woken alone, the caller must notify another.
    pub(crate) fn withdraw(&self, waiter: &Waiter<Ticket, W>) -> Withdrawn<Ticket, W> {
        self.update(|tickets| tickets.withdraw(waiter))
    }
}
