//! What goroutines keep of threads that they have left, as far as it was looked for (`thread/moves`).

use super::wait::Site;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::rank::Rank;
use crate::proto::lock::Lock;

/// What may be kept of a thread.
#[derive(Clone, Copy)]
pub(crate) enum What {
    /// A pointer into a thread-local.
    Reference,
    /// A pointer that a thread-local holds as well.
    Shared,
}

/// What a suspended goroutine keeps of the thread that it left.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    /// The kernel's number of the thread.
    pub(crate) thread: u32,
    pub(crate) what: What,
    /// Why the goroutine left its stack, for a user.
    pub(crate) what_for: &'static str,
    /// Where it waits, if it does.
    pub(crate) waits_at: Option<Site>,
}

/// Where goroutines were started, by address, and what they waited for.
pub(crate) type Place = (usize, &'static str);

#[derive(Default)]
struct Found {
    /// By the goroutine's address.
    kept: BTreeMap<usize, Kept>,
    told: BTreeSet<Place>,
}

/// What was found, and what was told.
pub(crate) struct Moves(Lock<Found>);

impl Moves {
    pub(crate) fn new() -> Self {
        Self(Lock::new(Rank::Moves, Found::default()))
    }

    /// A goroutine has left a thread and keeps something of it.
    pub(crate) fn keep(&self, g: usize, kept: Kept) {
        self.0.lock().kept.insert(g, kept);
    }

    /// A goroutine is resumed: what it keeps of the thread that it left, if that is known.
    pub(crate) fn take(&self, g: usize) -> Option<Kept> {
        self.0.lock().kept.remove(&g)
    }

    /// Whether nothing was told of goroutines of that kind; true for one caller.
    pub(crate) fn tells_first(&self, place: Place) -> bool {
        self.0.lock().told.insert(place)
    }
}
