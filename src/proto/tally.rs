//! Numbers that threads count up without waiting for each other, and that anybody reads at any time.
//!
//! # In short
//!
//! Many threads count the same things, and a reader wants the sums. Each thread counts in a tally of its own,
//! so it needs no read-modify-write, and no two threads write one cache line. Threads that have no tally take
//! turns at one that they share, under a lock. A reader adds up all tallies, and waits for nobody. It must not
//! be told that something has happened whose cause has not: so it reads effects before causes, and each store
//! publishes all that its thread knew.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `words` of a tally | single-writer | the thread whose it is; readers may be late |
//! | `words` of a shared one | under `turn`, with readers that may be late | whose turn it is |
//!
//! A tally may pass from one thread to the next, if something orders the two (`proto/mlife` for the record of
//! a thread).
//!
//! # Invariants
//!
//! - I1: each word has one writer at a time. So nothing that is added is lost, and a reader that comes after all
//!   writers reads the exact sum.
//! - I2: a word only grows, and a reader never reads more than was added.
//! - I3: let each who adds to the word E know of an addition to the word C. A reader that reads E and then C, in all
//!   tallies, finds for each addition to E the one to C.
//!
//! # The handshake
//!
//! Effect and cause (MP): a thread adds to C; another, which it has told, adds to E with Release; the reader reads E
//! with Acquire, then C.
//!
//! # Why it holds
//!
//! I1 is how threads get their tallies. I2: a word has one order of stores, each larger than the last. I3: the
//! reader that finds an addition to E has received, by that store or by a later one of the same word, whose
//! thread knew of the earlier ones, what its thread knew. An addition to C is among it, so the later read finds that or a
//! later value. Which tallies there are is part of what it knows: the reader lists them anew for each word.
//!
//! # Rejected
//!
//! Counting by read-modify-writes in one place: two Ms that start and ready goroutines would take a cache line
//! from each other each time. Reading under a lock that the writers take: then they would wait. A sequence
//! lock, so that one tally is read at one moment: sums over several threads would not be of one moment either.
//!
//! # Suites
//!
//! `verify/loom/tally.rs`, `verify/shuttle/tally.rs`: two writers beside a reader; a cause and its effect in two
//! tallies; two threads that take turns; and the whole scheduler, whose goroutines want one mutex, with its
//! metrics. Mutants MT1 to MT5.

use super::lock::Lock;
use crate::base::rank::Rank;
use crate::facade::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// What one thread has counted.
pub(crate) struct Tally<const WORDS: usize> {
    words: [AtomicUsize; WORDS],
}

impl<const WORDS: usize> Tally<WORDS> {
    /// Nothing was counted.
    pub(crate) fn new() -> Self {
        Self { words: core::array::from_fn(|_| AtomicUsize::new(0)) }
    }

    /// Adds to a word. Its writer calls it.
    #[inline]
    pub(crate) fn add(&self, word: usize, n: usize) {
        // Relaxed: owner-only.
        self.publish(word, self.words[word].load(Relaxed).wrapping_add(n));
    }

    /// Makes a word no less than that. Its writer calls it.
    #[inline]
    pub(crate) fn raise(&self, word: usize, to: usize) {
        // Relaxed: owner-only.
        if self.words[word].load(Relaxed) < to {
            self.publish(word, to);
        }
    }

    #[inline]
    fn publish(&self, word: usize, value: usize) {
        // ORDER Release: publishes what was counted before, by this thread or by one that it knows of.
        //   pairs    tally.read.words
        //   checked  loom tally::an_effect_is_read_with_its_cause
        self.words[word].store(value, Release);
    }

    /// What a word is. Anybody may ask.
    pub(crate) fn read(&self, word: usize) -> usize {
        // ORDER Acquire: receives what its writer knew: causes are read later.
        //   pairs    tally.publish.words
        //   checked  loom tally::an_effect_is_read_with_its_cause
        self.words[word].load(Acquire)
    }
}

/// What those have counted who have no tally of their own.
pub(crate) struct Shared<const WORDS: usize> {
    turn: Lock<()>,
    tally: Tally<WORDS>,
}

impl<const WORDS: usize> Shared<WORDS> {
    /// Nothing was counted.
    pub(crate) fn new() -> Self {
        Self { turn: Lock::new(Rank::Metrics, ()), tally: Tally::new() }
    }

    /// Counts something, as the only writer meanwhile.
    pub(crate) fn write<R>(&self, count: impl FnOnce(&Tally<WORDS>) -> R) -> R {
        let _turn = self.turn.lock();
        count(&self.tally)
    }

    /// What a word is. Anybody may ask.
    pub(crate) fn read(&self, word: usize) -> usize {
        self.tally.read(word)
    }
}
