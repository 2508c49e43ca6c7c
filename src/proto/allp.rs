//! All processors: a table that one thread makes larger while any thread reads it. Entries never
//! move.
//!
//! # In short
//!
//! One thread at a time, the resizer, adds processors to the table. Any other thread may read the
//! table meanwhile, without a lock. A reader must never see a count that includes an entry which is
//! not built yet. It does not: the resizer builds the entries first and then publishes the count
//! with Release, and the reader loads the count with Acquire. Entries are neither moved nor freed
//! while the table lives, so a reader with an old count sees old entries and nothing worse.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `chunks[k]` | single-writer | the resizer: null, then a chunk of 2^k entries, for ever |
//! | `made` | single-writer | the resizer: how many entries there are |
//! | `active` | single-writer | the resizer: how many of them are in use |
//!
//! # Invariants
//!
//! - I1: an entry below `made` is built, and lives as long as the table.
//! - I2: `active` is at most `made`.
//! - I3: one thread grows or resizes at a time (the world is stopped).
//!
//! # Handshake
//!
//! MP: an entry and its chunk are written, then `made` and `active` with Release; a reader loads
//! either with Acquire and uses the entries below.
//!
//! # Rejected
//!
//! Go's slice `allp`, which `procresize` replaces: a thread that reads it without a processor needs
//! a snapshot that is kept alive for it (golang/go#47304, golang/go#74414). A chunk never moves and
//! is never freed, so a reader with an old count sees old entries, and nothing worse.
//!
//! # Suites
//!
//! `verify/loom/allp.rs`, `verify/shuttle/allp.rs`: a reader against the resizer.

use crate::base::throw_unless;
use crate::facade::{
    AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

/// Enough chunks for more processors than `proto/idle` can count.
const CHUNKS: usize = 16;

/// The table.
pub(crate) struct AllP<P> {
    chunks: [AtomicPtr<P>; CHUNKS],
    made: AtomicU32,
    active: AtomicU32,
}

// SAFETY: entries are shared between threads and dropped with the table.
unsafe impl<P: Send + Sync> Sync for AllP<P> {}
// SAFETY: as above.
unsafe impl<P: Send + Sync> Send for AllP<P> {}

/// Where an entry lies: chunk `k` holds the 2^k entries from 2^k - 1 on.
fn place(id: u32) -> (usize, usize) {
    let n = id as usize + 1;
    let k = n.ilog2() as usize;
    (k, n - (1 << k))
}

impl<P> AllP<P> {
    /// A table of `n` entries in use.
    pub(crate) fn new(n: u32, new: impl Fn(u32) -> P) -> Self {
        let table = Self {
            chunks: core::array::from_fn(|_| AtomicPtr::new(core::ptr::null_mut())),
            made: AtomicU32::new(0),
            active: AtomicU32::new(0),
        };
        table.resize(n, new);
        table
    }

    /// Has `n` entries in use from here on, making those that are missing. One thread at a time.
    pub(crate) fn resize(&self, n: u32, new: impl Fn(u32) -> P) {
        // Relaxed: owner-only.
        for id in self.made.load(Relaxed)..n {
            let (k, i) = place(id);
            throw_unless!(k < CHUNKS, "allp: {n} processors");
            // Relaxed: owner-only.
            let mut chunk = self.chunks[k].load(Relaxed);
            if chunk.is_null() {
                chunk = Box::into_raw(Box::<[P]>::new_uninit_slice(1 << k)).cast();
                // Relaxed: the counts publish it.
                self.chunks[k].store(chunk, Relaxed);
            }
            // SAFETY: (bounds) the chunk has 2^k entries.
            let entry = unsafe { chunk.add(i) };
            // SAFETY: (exclusive) nobody looks at an entry that is not counted.
            unsafe { entry.write(new(id)) };
            // ORDER Release: publishes the entry and its chunk.
            //   pairs    allp.made.made
            //   checked  loom allp::a_reader_sees_entries_that_are_built
            self.made.store(id + 1, Release);
        }
        // ORDER Release: publishes the entries.
        //   pairs    allp.len.active
        //   checked  loom allp::a_reader_sees_entries_that_are_built
        self.active.store(n, Release);
    }

    /// How many are in use.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        // ORDER Acquire: receives the entries.
        //   pairs    allp.resize.active
        //   checked  loom allp::a_reader_sees_entries_that_are_built
        self.active.load(Acquire)
    }

    fn made(&self) -> u32 {
        // ORDER Acquire: receives the entries.
        //   pairs    allp.resize.made
        //   checked  loom allp::a_reader_sees_entries_that_are_built
        self.made.load(Acquire)
    }

    /// The entry of a processor that exists: its number is from here.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> &P {
        debug_assert!(id < self.made.load(Relaxed), "allp: no processor {id}");
        let (k, i) = place(id);
        // Relaxed: the caller has the number from a count, or from a thread that read a count.
        let chunk = self.chunks[k].load(Relaxed);
        // SAFETY: (bounds) I1.
        let entry = unsafe { chunk.add(i) };
        // SAFETY: (built) I1.
        unsafe { &*entry }
    }

    /// Those in use.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &P> {
        (0..self.len()).map(|id| self.get(id))
    }

    /// All that were ever made, in use or not.
    pub(crate) fn iter_all(&self) -> impl Iterator<Item = &P> {
        (0..self.made()).map(|id| self.get(id))
    }
}

impl<P> Drop for AllP<P> {
    fn drop(&mut self) {
        let made = self.made();
        for (k, chunk) in self.chunks.iter().enumerate() {
            // Relaxed: owner-only by now.
            let chunk = chunk.load(Relaxed);
            if chunk.is_null() {
                continue;
            }
            let first = (1 << k) - 1;
            let built = (made as usize).saturating_sub(first).min(1 << k);
            let entries = core::ptr::slice_from_raw_parts_mut(chunk, built);
            // SAFETY: (built) I1; (exclusive) the table goes.
            unsafe { entries.drop_in_place() };
            let chunk = core::ptr::slice_from_raw_parts_mut(chunk.cast(), 1 << k);
            // SAFETY: made by `resize` with this length.
            drop(unsafe { Box::<[core::mem::MaybeUninit<P>]>::from_raw(chunk) });
        }
    }
}
