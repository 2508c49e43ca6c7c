//! A function that runs once for each processor, while its runner owns the processor.
//!
//! # In short
//!
//! A requester wants the owner of each processor to run a function once. An owner might miss the
//! request, run the function twice, or look for a function that is not there. The requester writes
//! the function and then sets a word for each processor, with Release. The owner clears the word by
//! a swap with Acquire, so it runs the function once for each request, and sees the function of
//! this request. The requester takes the function away only when all owners have answered.
//!
//! # Words
//!
//! `due`, one for each processor, RMW-only:
//!
//! | value | meaning |
//! |---|---|
//! | 0 | nothing to run |
//! | 1 | the owner of the processor must run the function before it gives the processor up |
//!
//! # Invariants
//!
//! - I1: for each [`request`](SafePoint::request) one [`claim`](SafePoint::claim) succeeds.
//! - I2: the function is there as long as something is due: it is set before the first request, and
//!   taken away after the last answer (`proto/stop` counts them).
//!
//! # Handshake
//!
//! MP: the requester writes the function and the count of answers, then `due` with Release; the
//! runner takes `due` with Acquire, calls the function and answers. `wanted` (`proto/stop`) does
//! not replace `due`: the runner may have read `wanted` during an earlier request. `proto/stop` and
//! `proto/powner` make sure that every owner looks: the requester asks where it finds a lease, and
//! a thread that gets a processor looks for a request.
//!
//! # Source
//!
//! Go's `forEachP` and `runSafePointFn` (runtime/proc.go), with the word that Go keeps in each P. A
//! function that was taken away too early was golang/go#21276 (mutant ST11).
//!
//! # Suites
//!
//! `verify/loom/safepoint.rs`, `verify/shuttle/safepoint.rs`: an owner, a thread that takes the
//! processor, and a requester; and two requests in a row.

use crate::base::throw;
use crate::facade::{
    AtomicU32, Cell,
    Ordering::{Acquire, Relaxed, Release},
};

/// What is to be run.
pub(crate) struct Function<F>(Cell<Option<F>>);

// SAFETY: written while nothing is due, read by those who claimed (I2).
unsafe impl<F: Send> Sync for Function<F> {}

impl<F: Copy> Function<F> {
    pub(crate) fn none() -> Self {
        Self(Cell::new(None))
    }

    /// Sets the function, before it is requested, or takes it away, after the last answer. Only the
    /// requester calls it.
    pub(crate) fn set(&self, f: Option<F>) {
        // SAFETY: (exclusive) nothing is due (I2).
        self.0.with_mut(|place| unsafe { *place = f });
    }

    /// The function, for a runner that claimed.
    pub(crate) fn get(&self) -> F {
        // SAFETY: (shared) it stays until all have answered (I2).
        let f = self.0.with(|place| unsafe { *place });
        let Some(f) = f else { throw!("safepoint: nothing to run") };
        f
    }
}

/// One processor's word.
pub(crate) struct SafePoint {
    due: AtomicU32,
}

impl SafePoint {
    pub(crate) fn new() -> Self {
        Self { due: AtomicU32::new(0) }
    }

    /// Wants the function to be run.
    pub(crate) fn request(&self) {
        // ORDER Release: publishes the function, and how many answers are awaited.
        //   pairs    safepoint.claim.due
        //   checked  loom safepoint::a_second_function_is_not_taken_for_the_first
        self.due.swap(1, Release);
    }

    /// Whether the function is due; certain for an owner that was asked.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        // Relaxed: rechecked by `claim`.
        self.due.load(Relaxed) != 0
    }

    /// Claims the call of the function. If this is true, the owner of the processor must call it.
    #[must_use]
    pub(crate) fn claim(&self) -> bool {
        // ORDER Acquire: receives the function, and how many answers are awaited.
        //   pairs    safepoint.request.due
        //   checked  loom safepoint::a_second_function_is_not_taken_for_the_first
        self.is_due() && self.due.swap(0, Acquire) == 1
    }
}
