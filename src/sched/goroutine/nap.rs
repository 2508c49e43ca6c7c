//! A wait that only the clock ends, or the end of the runtime.

use super::here::Here;
use crate::proto::claim::{self, Claim};
use crate::sched::gmp::g::Waker;
use crate::sched::gmp::wait::{Abandon, Site, Wait};

/// Such a wait.
pub(crate) struct Nap {
    claim: Claim,
    waker: Waker,
}

impl Nap {
    pub(crate) fn new(waker: Waker) -> Self {
        Self { claim: Claim::new(), waker }
    }

    /// Waits.
    pub(crate) fn take(&self, here: &mut Here, deadline_ns: u64, why: (Wait, Site)) {
        here.park_until(deadline_ns, &self.claim, why, self);
    }
}

impl Abandon for Nap {
    fn abandon(&self) {
        if let Waker::Thread(note) = &self.waker
            && self.claim.try_claim(claim::END)
        {
            note.wakeup();
        }
    }
}
