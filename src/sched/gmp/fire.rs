//! What a timer does when its time has come.

use core::ptr::NonNull;
use std::sync::Arc;

use super::g::GRef;
use super::p::PRef;
use crate::proto::claim::{self, Claim};
use crate::proto::timers;

/// A timer of the scheduler's.
pub(crate) type Timer = timers::Timer<Fire>;

/// What it does.
pub(crate) enum Fire {
    /// Readies a goroutine, if nothing else has ended its wait.
    Ready(GRef, NonNull<Claim>),
    /// Does something else, of which this is the round.
    Call(Arc<dyn Due>, u64),
}

// SAFETY: a goroutine may be readied from any thread; its claim is there as long as the timer is in a heap.
unsafe impl Send for Fire {}

/// Something that is due at some time.
pub(crate) trait Due: Send + Sync {
    /// Its time has come, in this round. Runs on the stack of the M that has `p`, outside every lock, and
    /// must not wait.
    fn is_due(self: Arc<Self>, round: u64, p: PRef);
}

impl Fire {
    /// Whether it is the caller's to do. The lock of the timer's heap is held.
    pub(crate) fn claim(&self) -> bool {
        match self {
            // SAFETY: its timer was in a heap until now (I4 of `proto/timers`).
            Self::Ready(_, claim) => unsafe { claim.as_ref() }.try_claim(claim::TIME),
            Self::Call(..) => true,
        }
    }
}
