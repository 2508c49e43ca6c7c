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
//! | `shared` | under its lock | anyone |
//! | `len` | under the same lock, racy readers | anyone |
//!
//! # Invariants
//!
//! - I1: a free slot is in one list, and is given out once for each time it came back.
//! - I2: a local list holds fewer than [`MOST`] slots: at `MOST` half of them go to the shared one.
//! - I3: what was freed lately is given out first, because its memory is still in the cache.
//! - I4: of the shared slots, `spare` many have not been asked for since `take_spare` last returned
//!   none: so few were left at any time. A slot that is taken out for good is in no list.
//!
//! A slot passes from thread to thread under the lock, so its next user sees what its last one
//! left.
//!
//! # Suites
//!
//! `verify/cells/freelist.rs`: two threads, local lists of less than two slots, all executions
//! (while a slot is taken out for good: up to three preemptions).
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

/// The shared list.
pub(crate) struct FreeList<T: Linked, const MOST: usize> {
    len: AtomicUsize,
    shared: Lock<Shared<T>>,
}

struct Shared<T: Linked> {
    slots: List<T>,
    spare: usize,
}

impl<T: Linked> Shared<T> {
    fn take(&mut self, most: usize) -> List<T> {
        let taken = self.slots.split_front(most);
        self.spare = self.spare.min(self.slots.len());
        taken
    }

    fn take_spare(&mut self, most: usize) -> List<T> {
        let left = self.spare.saturating_sub(most);
        let taken = self.take(self.spare - left);
        self.spare = if taken.is_empty() { self.slots.len() } else { left };
        taken
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
        let shared = Shared { slots: List::new(), spare: 0 };
        Self { len: AtomicUsize::new(0), shared: Lock::new(Rank::FreeList, shared) }
    }

    fn update<R>(&self, change: impl FnOnce(&mut Shared<T>) -> R) -> R {
        let mut shared = self.shared.lock();
        let result = change(&mut shared);
        // Relaxed: under the lock; readers take it for a hint.
        self.len.store(shared.slots.len(), Relaxed);
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
        local.0 = self.update(|shared| shared.take(MOST / 2));
        local.0.pop_front()
    }

    /// Takes a slot back.
    pub(crate) fn put(&self, local: &mut Local<T>, slot: NonNull<T>) {
        local.0.push_front(slot);
        if local.0.len() >= MOST {
            let keep = local.0.split_front(MOST / 2);
            let mut rest = core::mem::replace(&mut local.0, keep);
            self.update(|shared| shared.slots.append(&mut rest));
        }
        debug_assert!(local.0.len() < MOST, "I2");
    }

    /// Empties a processor's list into the shared one.
    pub(crate) fn flush(&self, local: &mut Local<T>) {
        self.update(|shared| shared.slots.append(&mut local.0));
    }

    /// Whether there is no shared slot.
    pub(crate) fn is_empty(&self) -> bool {
        // Relaxed: hint; whoever cares looks again a second later.
        self.len.load(Relaxed) == 0
    }

    /// Takes shared slots out for good, `most` at most, but leaves those that were asked for lately: of
    /// the slots that nobody has needed since this last returned none.
    pub(crate) fn take_spare(&self, most: usize) -> List<T> {
        self.update(|shared| shared.take_spare(most))
    }

    /// Takes every shared slot out.
    pub(crate) fn drain(&self) -> List<T> {
        self.update(|shared| {
            shared.spare = 0;
            core::mem::replace(&mut shared.slots, List::new())
        })
    }
}
