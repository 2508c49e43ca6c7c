//! The queue that all processors share: under a lock, in the order of arrival.
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
//! - I2: first in, first out; a batch stays together.
//! - I3: a processor that always has work of its own still looks here every 61st time (that number
//!   is the caller's, `sched/find`), so nobody waits here for ever.
//!
//! `len` is a hint: a reader that finds zero may miss a put that is under way. That is harmless
//! because a submitter puts, then fences, then looks for a spinner (`proto/idle`), and whoever goes
//! idle fences and then looks here.
//!
//! # Handshakes
//!
//! - Last look (SB): a putter writes `len`, fences, reads whether anybody looks for work; who looks
//!   for the last time says so, fences, reads `len`. Putter's fence first: the look sees the length.
//!   Looker's first: the putter sees the looker. The fences are the callers' (`proto/idle`).
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
//! under `sched.lock`; a lock of its own keeps the idle lists' holders out of the way, and the
//! handshake above does not need one lock for both.

use core::ptr::NonNull;

use super::lock::Lock;
use crate::base::list::{Linked, List};
use crate::facade::{AtomicUsize, Ordering::Relaxed};

/// The shared queue.
pub(crate) struct GlobRunq<T: Linked> {
    len: AtomicUsize,
    list: Lock<List<T>>,
}

impl<T: Linked> GlobRunq<T> {
    pub(crate) fn new() -> Self {
        Self { len: AtomicUsize::new(0), list: Lock::new(List::new()) }
    }

    /// Runs `change` on the list and tells the hint.
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

#[cfg(all(test, not(any(feature = "loom", feature = "shuttle"))))]
mod tests {
    use super::*;

    struct G(u32, Option<NonNull<G>>);

    // SAFETY: the field lies at a fixed place of the element.
    unsafe impl Linked for G {
        fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
            // SAFETY: a field of a live element.
            NonNull::from(&mut unsafe { &mut *this.as_ptr() }.1)
        }
    }

    fn some(n: u32) -> Vec<G> {
        (0..n).map(|i| G(i, None)).collect()
    }

    fn number(g: NonNull<G>) -> u32 {
        // SAFETY: the elements outlive their list in every test.
        unsafe { g.as_ref() }.0
    }

    fn numbers(mut list: List<G>) -> Vec<u32> {
        core::iter::from_fn(|| list.pop_front()).map(number).collect()
    }

    #[test]
    fn first_in_is_first_out_and_a_batch_stays_together() {
        let mut gs = some(4);
        let q = GlobRunq::new();
        let mut all = gs.iter_mut().map(NonNull::from);
        q.put(all.next().unwrap());
        let mut batch = List::new();
        batch.push_back(all.next().unwrap());
        batch.push_back(all.next().unwrap());
        q.put_batch(batch);
        q.put(all.next().unwrap());
        assert_eq!(q.len(), 4);
        assert_eq!(core::iter::from_fn(|| q.get()).map(number).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert!(q.is_empty());
    }

    #[test]
    fn a_share_is_one_more_than_a_fair_one_and_at_most_what_fits() {
        for (len, procs, max, share) in
            [(0, 2, 8, 0), (1, 4, 8, 1), (3, 4, 8, 1), (8, 4, 8, 3), (8, 1, 8, 8), (8, 2, 2, 2)]
        {
            let mut gs = some(len);
            let q = GlobRunq::new();
            gs.iter_mut().for_each(|g| q.put(NonNull::from(g)));
            assert_eq!(numbers(q.get_batch(procs, max)), (0..share).collect::<Vec<_>>());
            assert_eq!(q.len(), (len - share) as usize);
        }
    }
}
