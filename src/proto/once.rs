//! A function that runs once, and those who wait until it has.
//!
//! # In short
//!
//! The first caller runs the function; the others wait until that has ended. The state changes under a lock
//! only, and whoever waits queues under the same lock, so nobody queues behind a function that has ended.
//! One that finds the function complete needs no lock: it reads the state with Acquire, and sees all that
//! the function did. If the function panics, all who wait are woken, and look again.
//!
//! # Words
//!
//! `state`, under the lock, with readers that may be late:
//!
//! ```text
//!   NEW ---- begin ----> RUNNING ---- end ----> COMPLETE (for ever)
//!                         ^   |
//!                   begin |   | end, by a panic
//!                         |   v
//!                        POISONED
//! ```
//!
//! # Invariants
//!
//! - I1: between `begin` and `end` one caller runs the function.
//! - I2: who reads `COMPLETE` sees what the function did.
//! - I3: who is queued is woken by the next `end`.
//!
//! # Handshake
//!
//! MP: the function's writes, `state = COMPLETE` with Release; a reader's Acquire, without the lock. All other
//! readers hold the lock, or were woken.
//!
//! # Rejected
//!
//! std's and Go's states in a word that is changed without the lock. The function runs once: a lock beside it
//! costs nothing.
//!
//! # Source
//!
//! `std::sync::Once`, for what it means. Go's `sync.Once` has no poison: a function that has panicked counts
//! as run.
//!
//! # Suites
//!
//! `verify/loom/once.rs`, `verify/shuttle/once.rs`: two and three callers, a panic, one that waits without
//! calling, an end. Mutants ON1 (who waits does not look again under the lock), ON2 (a panic wakes
//! nobody), ON3 (those who wait are counted before the state is told).

use core::marker::PhantomData;

use super::lock::{Exclude, Lock};
use super::tickets::{Ticket, Tickets, wake_below};
use super::waitq::{Waiter, Withdrawn};
use crate::base::rank::Rank;
use crate::facade::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    const_if_real,
};

const NEW: u32 = 0;
const RUNNING: u32 = 1;
const POISONED: u32 = 2;
const COMPLETE: u32 = 3;

/// Those who wait, and who runs the function: a number that the caller chose.
pub(crate) struct Callers<W> {
    tickets: Tickets<W>,
    runner: usize,
}

impl<W> Callers<W> {
    pub(crate) const fn new() -> Self {
        Self { tickets: Tickets::new(), runner: 0 }
    }

    /// Queues a caller until the next end, if it has a waiter.
    ///
    /// # Safety
    ///
    /// - The node stays where it is until its waker was used, or it was withdrawn.
    unsafe fn queue(&mut self, waiter: Option<&mut Waiter<Ticket, W>>) -> Found {
        if let Some(waiter) = waiter {
            // SAFETY: as the caller says.
            unsafe { self.tickets.push(waiter) };
        }
        Found::Busy
    }
}

/// A function's state, and those who wait for it.
pub(crate) struct Once<W, L = Lock<Callers<W>>> {
    state: AtomicU32,
    callers: L,
    wakers: PhantomData<fn() -> W>,
}

/// Whether a panic of an earlier caller is this one's too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Poison {
    Matters,
    Ignored,
}

/// What a caller finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Found {
    Complete,
    /// It panicked, and that matters.
    Poisoned,
    /// The caller runs it, and then ends it. The last one that did so may have panicked.
    Runs {
        was_poisoned: bool,
    },
    /// The caller runs it already.
    Recursion,
    /// Another runs it, or nobody does and the caller would not. The caller is queued until the next end, if
    /// it has a waiter.
    Busy,
}

impl<W> Once<W> {
    const_if_real! {
        pub(crate) fn new() -> Self {
            let callers = Lock::new(Rank::Once, Callers::new());
            Self { state: AtomicU32::new(NEW), callers, wakers: PhantomData }
        }
    }

    /// One whose function has run.
    pub(crate) fn complete() -> Self {
        let callers = Lock::new(Rank::Once, Callers::new());
        Self { state: AtomicU32::new(COMPLETE), callers, wakers: PhantomData }
    }
}

impl<W, L: Exclude<Callers<W>>> Once<W, L> {
    /// Like [`new`](Once::new), with a lock of another kind.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn under(callers: L) -> Self {
        Self { state: AtomicU32::new(NEW), callers, wakers: PhantomData }
    }

    /// Whether the function has run to its end.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        // ORDER Acquire: receives what the function did.
        //   pairs    once.end.state
        //   checked  loom once::who_finds_it_complete_sees_what_it_did
        self.state.load(Acquire) == COMPLETE
    }

    /// A caller comes that would run it, and waits if another does.
    ///
    /// # Safety
    ///
    /// - If it is queued, the node stays where it is until its waker was used, or it was withdrawn.
    pub(crate) unsafe fn begin(
        &self,
        waiter: Option<&mut Waiter<Ticket, W>>,
        caller: usize,
        poison: Poison,
    ) -> Found {
        let mut callers = self.callers.lock();
        // Relaxed: under the lock.
        let state = self.state.load(Relaxed);
        match state {
            COMPLETE => Found::Complete,
            POISONED if poison == Poison::Matters => Found::Poisoned,
            RUNNING if callers.runner == caller => Found::Recursion,
            // SAFETY: as the caller says.
            RUNNING => unsafe { callers.queue(waiter) },
            _ => {
                callers.runner = caller;
                // Relaxed: only those who hold the lock act on it.
                self.state.store(RUNNING, Relaxed);
                Found::Runs { was_poisoned: state == POISONED }
            }
        }
    }

    /// A caller comes that waits until it is complete, and would not run it.
    ///
    /// # Safety
    ///
    /// - As for [`begin`](Self::begin).
    pub(crate) unsafe fn wait(
        &self,
        waiter: Option<&mut Waiter<Ticket, W>>,
        poison: Poison,
    ) -> Found {
        let mut callers = self.callers.lock();
        // Relaxed: under the lock.
        match self.state.load(Relaxed) {
            COMPLETE => Found::Complete,
            POISONED if poison == Poison::Matters => Found::Poisoned,
            // SAFETY: as the caller says.
            _ => unsafe { callers.queue(waiter) },
        }
    }

    /// The caller has run it: to its end, or to a panic. All who wait look again.
    pub(crate) fn end(&self, is_complete: bool, wake: impl FnMut(W)) {
        let callers = self.callers.lock();
        // ORDER Release: publishes what the function did.
        //   pairs    once.is_complete.state
        //   checked  loom once::who_finds_it_complete_sees_what_it_did
        self.state.store(if is_complete { COMPLETE } else { POISONED }, Release);
        let all = callers.tickets.now();
        drop(callers);
        wake_below(&self.callers, |callers| &mut callers.tickets, all, wake);
    }

    /// Takes out one that waits no longer.
    pub(crate) fn withdraw(&self, waiter: &Waiter<Ticket, W>) -> Withdrawn<Ticket, W> {
        self.callers.lock().tickets.withdraw(waiter)
    }
}
