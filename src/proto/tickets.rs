//! Those who wait for something that ends the wait of one of them, or of all that have come so far.
//!
//! # In short
//!
//! Each waiter draws a ticket when it queues, and the tickets rise. Who wakes one takes the lowest ticket. Who
//! wakes all wakes those whose tickets are lower than the next one at that moment, so a waiter that was
//! woken and waits again is not woken twice by the same call, and none that came later is woken by it.
//!
//! # Words
//!
//! None: the queue and the number lie under a lock of the user's.
//!
//! # Invariants
//!
//! - I1: the tickets in the queue rise from its front.
//! - I2: all that are below the number at which `wake_all` began are woken by it, or by another.
//!
//! # Source
//!
//! Go's `notifyList` (`runtime/sema.go`), whose tickets made `sync.Cond` fair: golang/go#14064. Go draws the
//! ticket, unlocks and then queues, so a waker looks for a waiter that may not be there yet. Here the waiter
//! is queued when it draws its ticket.
//!
//! # Suites
//!
//! `verify/loom/tickets.rs`, `verify/shuttle/tickets.rs`: two who wake, and one that waits again. Mutants
//! TK1 (who wakes all wakes also those who come meanwhile), TK2 (who wakes all wakes one), TK3
//! (it wakes as many as waited, whoever they are by then).

use super::lock::Exclude;
use super::waitq::{Waiter, Waitq, Withdrawn};

/// What a waiter knows of its wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    number: u64,
    /// Who woke it, once it was woken, woke nobody else by that.
    pub(crate) is_alone: bool,
}

impl Ticket {
    /// None was drawn yet.
    pub(crate) const NONE: Self = Self { number: 0, is_alone: false };
}

/// The queue.
pub(crate) struct Tickets<W> {
    queue: Waitq<Ticket, W>,
    next: u64,
}

impl<W> Tickets<W> {
    pub(crate) const fn new() -> Self {
        Self { queue: Waitq::new(), next: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Queues a waiter, which draws the next ticket.
    ///
    /// # Safety
    ///
    /// - The node stays where it is until its waker was used, or it was withdrawn.
    pub(crate) unsafe fn push(&mut self, waiter: &mut Waiter<Ticket, W>) {
        waiter.set_data(Ticket { number: self.next, is_alone: false });
        self.next += 1;
        // SAFETY: as the caller says.
        unsafe { self.queue.push_back(waiter) };
    }

    /// Takes out the first waiter, to be woken alone.
    pub(crate) fn pop(&mut self) -> Option<W> {
        self.queue.pop(|ticket| ticket.is_alone = true).map(|((), waker)| waker)
    }

    /// The number that the tickets of all who wait now are below.
    pub(crate) fn now(&self) -> u64 {
        self.next
    }

    /// Takes out the first waiter, if its ticket is below this number.
    pub(crate) fn pop_below(&mut self, number: u64) -> Option<W> {
        self.queue.pop_if(|ticket| ticket.number < number, |_| ()).map(|((), waker)| waker)
    }

    /// Takes out a waiter that waits no longer.
    pub(crate) fn withdraw(&mut self, waiter: &Waiter<Ticket, W>) -> Withdrawn<Ticket, W> {
        self.queue.withdraw(waiter)
    }
}

/// Wakes all whose tickets are below this number, one after the other. Nobody holds the lock while a waker
/// is used.
pub(crate) fn wake_below<S, W, L: Exclude<S>>(
    lock: &L,
    tickets: impl Fn(&mut S) -> &mut Tickets<W>,
    number: u64,
    mut wake: impl FnMut(W),
) {
    loop {
        let waker = tickets(&mut lock.lock()).pop_below(number);
        // progress: each turn takes one out.
        let Some(waker) = waker else { return };
        wake(waker);
    }
}
