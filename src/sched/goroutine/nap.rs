//! A wait that only the clock ends, or the end of the runtime.

use super::here::Here;
use crate::proto::claim::{self, Claim};
use crate::sched::gmp::g::Waker;
use crate::sched::gmp::wait::{Abandon, Site, Wait};

/// Waits until `deadline_ns` of the clock.
pub(crate) fn sleep(deadline_ns: u64, at: Site) {
    let mut here = Here::arrive();
    let nap = Nap { claim: Claim::new(), waker: here.waker() };
    here.park_until(deadline_ns, &nap.claim, (Wait::Time, at), &nap);
}

struct Nap {
    claim: Claim,
    waker: Waker,
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
