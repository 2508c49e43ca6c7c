//! Slots of ended goroutines: each processor keeps some, and the rest are in shared lists.
//!
//! # In short
//!
//! The owner of a processor keeps slots of ended goroutines in a list that only it touches. Owners
//! exchange slots in batches through shared lists under a lock. If a slot were in two lists, two
//! goroutines would come to run on one stack. That cannot happen: a slot moves from one list to
//! another either by the owner alone or under the lock. The lock also publishes what the last user
//! of the slot left there.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | a [`Local`] | owner-only: moves with its processor | the processor's owner |
//! | `lists` | under their lock | anyone |
//! | `len` | under the same lock, racy readers | anyone |
//!
//! # Invariants
//!
//! - I1: a free slot is in one list, and is given out once for each time it came back.
//! - I2: a local list holds fewer than [`MOST`] slots: at `MOST` half of them go to the shared one.
//! - I3: what was freed lately is given out first, because its memory is still in the cache.
//! - I4: the shared slots are warm or cold; only warm ones are passed to `cool`, a few at a time,
//!   so that the others can be given out meanwhile.
//!
//! A slot passes from thread to thread under the lock, so its next user sees what its last one
//! left.
//!
//! # Suites
//!
//! `verify/cells/freelist.rs`: two threads, local lists of less than two slots, all executions
//! (while slots are cooled: up to three preemptions).
//! Shuttle adds four threads with 15 slots. There is no ordering here to weaken: the lock's are
//! `proto/lock`'s.
//!
//! # Source
//!
//! Go's `gfput` and `gfget` (runtime/proc.go): 64 and 32.

use core::ptr::NonNull;

use super::lock::Lock;
use crate::base::{
    list::{Linked, List},
    rank::Rank,
};
use crate::facade::{AtomicUsize, Ordering::Relaxed};

/// How many slots a processor keeps at most.
pub(crate) const MOST: usize = 64;

/// The shared lists.
pub(crate) struct FreeList<T: Linked, const MOST: usize> {
    len: AtomicUsize,
    lists: Lock<Lists<T>>,
}

struct Lists<T: Linked> {
    warm: List<T>,
    /// Given to `cool` since they came.
    cold: List<T>,
}

impl<T: Linked> Lists<T> {
    fn len(&self) -> usize {
        self.warm.len() + self.cold.len()
    }

    fn split_front(&mut self, n: usize) -> List<T> {
        let from = if self.warm.is_empty() { &mut self.cold } else { &mut self.warm };
        from.split_front(n)
    }
}

/// One processor's slots. Only its owner has it.
pub(crate) struct Local<T: Linked>(List<T>);

impl<T: Linked> Default for Local<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Linked> Local<T> {
    pub(crate) const fn new() -> Self {
        Self(List::new())
    }
}

impl<T: Linked, const MOST: usize> FreeList<T, MOST> {
    pub(crate) fn new() -> Self {
        let lists = Lists { warm: List::new(), cold: List::new() };
        Self { len: AtomicUsize::new(0), lists: Lock::new(Rank::FreeList, lists) }
    }

    fn update<R>(&self, change: impl FnOnce(&mut Lists<T>) -> R) -> R {
        let mut lists = self.lists.lock();
        let result = change(&mut lists);
        // Relaxed: under the lock; readers take it for a hint.
        self.len.store(lists.len(), Relaxed);
        result
    }

    /// Gives out a slot: the processor's own last one, else some of the shared ones.
    pub(crate) fn get(&self, local: &mut Local<T>) -> Option<NonNull<T>> {
        if let Some(slot) = local.0.pop_front() {
            return Some(slot);
        }
        // Relaxed: hint; a slot that is missed is made anew.
        if self.len.load(Relaxed) == 0 {
            return None;
        }
        local.0 = self.update(|lists| lists.split_front(MOST / 2));
        local.0.pop_front()
    }

    /// Takes a slot back.
    pub(crate) fn put(&self, local: &mut Local<T>, slot: NonNull<T>) {
        local.0.push_front(slot);
        if local.0.len() >= MOST {
            let keep = local.0.split_front(MOST / 2);
            let mut rest = core::mem::replace(&mut local.0, keep);
            self.update(|lists| lists.warm.append(&mut rest));
        }
        debug_assert!(local.0.len() < MOST, "I2");
    }

    /// Empties a processor's list into the shared one.
    pub(crate) fn flush(&self, local: &mut Local<T>) {
        self.update(|lists| lists.warm.append(&mut local.0));
    }

    /// Passes a few of the warm shared slots to `cool`; false if there were none.
    pub(crate) fn cool(&self, mut cool: impl FnMut(NonNull<T>)) -> bool {
        let mut warm = self.update(|lists| lists.warm.split_front(MOST / 2));
        let mut cold = List::new();
        while let Some(slot) = warm.pop_front() {
            cool(slot);
            cold.push_back(slot);
        }
        let found_some = !cold.is_empty();
        if found_some {
            self.update(|lists| lists.cold.append(&mut cold));
        }
        found_some
    }

    /// Takes every shared slot out.
    pub(crate) fn drain(&self) -> List<T> {
        self.update(|lists| {
            lists.warm.append(&mut lists.cold);
            core::mem::replace(&mut lists.warm, List::new())
        })
    }
}
