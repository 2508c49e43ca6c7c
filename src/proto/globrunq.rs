//! The queue that all processors share: under a lock, in the order of arrival.
//!
//! # In short
//!
//! Any thread may put a goroutine here, and any thread with a processor takes goroutines out. The
//! list is under a lock, but its length is also read without the lock. Such a reader may see zero
//! while a goroutine is being put, and go idle. The goroutine is found all the same: its submitter
//! fences after the put and then looks for a spinner, and the last spinner fences before it looks
//! here. One of the two fences comes first, so one of the two threads sees the other.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `list` | under its lock | anyone |
//! | `len` | under the same lock, racy readers | anyone |
//!
//! # Invariants
//!
//! - I1: every goroutine put is got once.
//! - I2: first in, first out; a batch stays together. Only `get_first` takes one out of turn.
//! - I3: a processor that always has work of its own still looks here every 61st time (that number
//!   is the caller's, `sched/work/take`), so no goroutine waits here for ever.
//!
//! `len` is a hint: a reader that finds zero may miss a put that is under way. That is harmless
//! because a submitter puts, then fences, then looks for a spinner (`proto/idle`), and a thread
//! that goes idle fences and then looks here.
//!
//! # Handshakes
//!
//! - Last look (SB): a putter writes `len`, fences, and reads whether a thread looks for work. The
//!   last looker writes that it stops, fences, and reads `len`. If the putter's fence comes first,
//!   the looker sees the length. If the looker's comes first, the putter sees that it has stopped.
//!   The fences are the callers' (`proto/idle`).
//!
//! # Suites
//!
//! `verify/cells/globrunq.rs`: two threads, all executions; two putters and a getter up to three
//! preemptions. Shuttle adds four threads with 80 goroutines. There is no ordering here to weaken:
//! the lock's are `proto/lock`'s. Mutant GQ1: a length told after the lock is given back.
//!
//! # Source
//!
//! Go's `globrunqput`, `globrunqputbatch`, `globrunqgetbatch` (runtime/proc.go, 1.27). Go keeps it
//! under `sched.lock`. Here it has a lock of its own, so that holders of the idle lists are not in
//! the way. The handshake above does not need one lock for both.

use core::ptr::NonNull;

use super::lock::Lock;
use crate::base::{
    list::{Linked, List},
    rank::Rank,
};
use crate::facade::{AtomicUsize, Ordering::Relaxed};

/// The shared queue.
pub(crate) struct GlobRunq<T: Linked> {
    len: AtomicUsize,
    list: Lock<List<T>>,
}

impl<T: Linked> GlobRunq<T> {
    pub(crate) fn new() -> Self {
        Self { len: AtomicUsize::new(0), list: Lock::new(Rank::GlobRunq, List::new()) }
    }

    /// Runs `change` on the list and updates the hint.
    fn update<R>(&self, change: impl FnOnce(&mut List<T>) -> R) -> R {
        let mut list = self.list.lock();
        let result = change(&mut list);
        // Relaxed: under the lock; readers take it for a hint, and order it by their own fences.
        self.len.store(list.len(), Relaxed);
        result
    }

    pub(crate) fn put(&self, g: NonNull<T>) {
        self.update(|list| list.push_back(g));
    }

    pub(crate) fn put_batch(&self, mut batch: List<T>) {
        self.update(|list| list.append(&mut batch));
    }

    pub(crate) fn get(&self) -> Option<NonNull<T>> {
        if self.is_empty() { None } else { self.update(List::pop_front) }
    }

    /// Takes the first goroutine that is `wanted`, in the order of the queue.
    pub(crate) fn get_first(&self, wanted: impl Fn(NonNull<T>) -> bool) -> Option<NonNull<T>> {
        if self.is_empty() { None } else { self.update(|list| list.remove_first(wanted)) }
    }

    /// Whether any queued goroutine is `wanted`.
    pub(crate) fn has(&self, wanted: impl Fn(NonNull<T>) -> bool) -> bool {
        !self.is_empty() && self.list.lock().iter().any(wanted)
    }

    /// Takes one processor's share of what waits: at most `max`, at least one if there is any.
    pub(crate) fn get_batch(&self, procs: usize, max: usize) -> List<T> {
        if self.is_empty() {
            return List::new();
        }
        self.update(|list| {
            let share = list.len() / procs + 1;
            list.split_front(share.min(max))
        })
    }

    /// Whether nothing waits here; a hint, see the module.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many wait here; a hint.
    pub(crate) fn len(&self) -> usize {
        // Relaxed: hint, see the module.
        self.len.load(Relaxed)
    }
}
