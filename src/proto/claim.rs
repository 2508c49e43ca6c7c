//! A wait that several may end, and one does.
//!
//! # In short
//!
//! A goroutine may wait for several things at once: for a value, for a moment, for one of several
//! channels. Each of them may come, and may come at the same time as another. Whoever would end the
//! wait claims it first, and only one claim succeeds. The one that succeeds gives what it has to give and
//! wakes the waiter. The others leave the waiter alone and go on to the next one in their queue.
//!
//! # Words
//!
//! `word`, RMW-only:
//!
//! ```text
//!          try_claim(case)
//!   OPEN ------------------> case (for ever)
//! ```
//!
//! A claim belongs to one wait. A waiter that waits again makes a new one.
//!
//! # Invariants
//!
//! - I1: of all who claim, one wins.
//! - I2: whoever claims holds the lock of the queue in which it found the wait, or is the waiter itself.
//! - I3: the waiter takes its nodes out of all queues before its claim goes. So with I2 nobody touches a
//!   claim that is gone.
//!
//! # Handshake
//!
//! None. The word says who won, and orders nothing: what the winner gives is written under its queue's lock,
//! and the waiter reads it after the wake-up, which orders it ([`gstatus`](super::gstatus),
//! [`note`](super::note)). A loser reads nothing of the waiter's. So all accesses are relaxed.
//!
//! A wait that only one may end needs no claim, and pays nothing for it.
//!
//! # Source
//!
//! Go's `selectDone` (`runtime/chan.go`, `dequeue`), which is for selects only: Go ends a wait by time in
//! other ways.
//!
//! # Suites
//!
//! `verify/loom/claim.rs`, `verify/shuttle/claim.rs`: two and three claimers, in one queue and in two, a
//! time-out, an end of a runtime: all executions, but for three threads over two queues. Mutants CL1 (looks, and then claims), CL2 (a waker does not
//! claim), CL3 (a loser gives up instead of going on), CL4 (a loser leaves the node queued).

use crate::facade::{AtomicU32, Ordering::Relaxed};

const OPEN: u32 = u32::MAX;
/// The case of a wait that the clock ends.
pub(crate) const TIME: u32 = u32::MAX - 1;
/// The case of a wait that ends with its runtime.
pub(crate) const END: u32 = u32::MAX - 2;
/// The case of a wait that its waiter calls off.
pub(crate) const SELF: u32 = u32::MAX - 3;

/// Who ends a wait.
pub(crate) struct Claim {
    word: AtomicU32,
}

impl Claim {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(OPEN) }
    }

    /// Whether the wait is the caller's to end, by this case. Then it must wake the waiter.
    pub(crate) fn try_claim(&self, case: u32) -> bool {
        // Relaxed: see the head.
        self.word.compare_exchange(OPEN, case, Relaxed, Relaxed).is_ok()
    }

    /// The case that ended the wait. The waiter asks after it was woken.
    pub(crate) fn winner(&self) -> Option<u32> {
        // Relaxed: see the head.
        Some(self.word.load(Relaxed)).filter(|&case| case != OPEN)
    }
}
