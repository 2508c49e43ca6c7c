//! Until when a call waits.

use std::time::{Duration, Instant};

use crate::api::deadline;
use crate::proto::claim::Claim;
use crate::proto::note::Sleep;
use crate::sched::here::Here;
use crate::sched::virtually;
use crate::sched::wait::{Abandon, Site, Wait};

/// A moment, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Limit {
    /// By the facade's clock, in nanoseconds.
    At(u64),
    /// The call waits for as long as it takes.
    Never,
}

impl Limit {
    /// A moment that has passed: the call does not wait.
    pub(super) const NOW: Self = Self::At(0);

    pub(super) fn after(timeout: Duration) -> Self {
        Self::At(deadline::after(timeout))
    }

    pub(super) fn at(when: Instant) -> Self {
        Self::At(deadline::at(when))
    }

    /// Whether the moment has come.
    pub(super) fn is_over(self) -> bool {
        match self {
            Self::Never => false,
            Self::At(deadline_ns) => virtually::now_ns() >= deadline_ns,
        }
    }
}

/// Waits until one has claimed the wait and has used its waker, or until the clock has claimed it.
pub(super) fn park_until(
    here: &mut Here,
    limit: Limit,
    claim: &Claim,
    why: (Wait, Site),
    wait: &dyn Abandon,
) -> Sleep {
    match limit {
        Limit::Never => {
            here.park(why.0, why.1, wait);
            Sleep::Woken
        }
        Limit::At(deadline_ns) => here.park_until(deadline_ns, claim, why, wait),
    }
}
