//! Whether every thread of the process is asleep: then nobody is left who could wake one, and all
//! that waits waits for ever (Go's `checkdead`).
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `word` | RMW-only | a thread that falls asleep; whoever wakes it |
//! | the number of threads | the kernel's | whoever creates a thread; a thread that ends |
//!
//! `word` packs the number of sleepers and the number of its own changes. It counts all who sleep on
//! a [`note`](super::note), whatever for: idle Ms, callers of `run`, ordinary threads that wait on a
//! channel. A thread that the word does not count (one that runs, computes, sleeps in the kernel, or
//! is not even ours) is one that may still wake others.
//!
//! # Invariants
//!
//! - I1: a thread that is counted sleeps, and nobody has begun to wake it: it counts itself when it
//!   has said that it will sleep, and its waker takes it out *before* waking it. Where the waker
//!   comes in between, the count is one too low for a moment, never too high.
//! - I2: the word never has a value twice: each change counts.
//! - I3: whoever is awake, and may wake others, is a thread that the kernel counts.
//!
//! # The look (MP, twice)
//!
//! Read the word; ask the kernel for the number of threads; read the word again. If it has not
//! changed, and there are as many threads as sleepers, then all are asleep.
//!
//! # Proof sketch
//!
//! Let `w` be the word read, and T the set of threads that exist in the kernel's answer.
//!
//! - Each sleeper counted in `w` is in T. It was created before it fell asleep, which the first read
//!   acquired; so the answer counts it. And it has not ended: then somebody had taken it out before,
//!   which the answer brings with the end, and the second read would see (I2).
//! - So T is the set of these sleepers, if there are as many. Say one of them is ever woken, and take
//!   the first: its waker is awake and not in T. Then it had ended, with the taking out behind it,
//!   which the second read would see. Or it came later, created by one that was awake, and so on
//!   back to one in T: which would have been woken before.
//!
//! The thread that looks is a sleeper itself: it woke by the clock, does nothing but look, and sleeps
//! on. The same is true of sysmon, which counts itself while it naps: what it does when it wakes up
//! by the clock it does to Ms that are awake. But for one thing: it tries again to make an M that
//! could not be made. Whoever failed to make that one takes a sleeper out, before it sleeps itself,
//! and sysmon puts one in when there was an M: meanwhile the count is one too low (`sched/thread/refused`).
//!
//! # Rejected
//!
//! A count for each runtime, as Go's `mcount - nmidle - nmidlelocked - nmsys`: an ordinary thread
//! that waits on a channel belongs to no runtime, and a goroutine may wait for one of another. With
//! one word for the process, two runtimes that wait for each other are a deadlock like any other.
//!
//! To let the woken thread take itself out: until it does, it is awake and counted, and its waker
//! may have ended or fallen asleep meanwhile. Go had that with the poller's waiters,
//! golang/go#61454 (mutant CD3).
//!
//! # Suites
//!
//! `verify/loom/asleep.rs`: sleepers on notes, wakers that end, one that is created, and one that
//! looks: three threads within 4 preemptions, four within 3, and until all sleep within 2.
//! `verify/shuttle/asleep.rs`: the same, and a chain of wakers at random. The kernel's number is an
//! atomic there, as weak as the proof allows. Mutants beside the weakened sites: CD3, CD4 (a waker
//! that takes nobody out), `CD4b` (one that takes out who was not in), CD6 (no second look), CD7
//! (the second look compares sleepers, not changes), CD8 (woken first, taken out after).

use crossbeam_utils::CachePadded;

use crate::facade::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
    process_wide,
};

/// One change of the word; the lower half holds the sleepers.
const CHANGE: usize = 1 << 32;
const SLEEPERS: usize = CHANGE - 1;

/// The count of sleepers.
pub(crate) struct Asleep {
    word: CachePadded<AtomicUsize>,
}

process_wide! {
    static THREADS: Asleep = Asleep::new()
}

/// The threads of this process.
pub(crate) fn threads() -> &'static Asleep {
    &THREADS
}

impl Asleep {
    fn new() -> Self {
        Self { word: CachePadded::new(AtomicUsize::new(0)) }
    }

    /// Counts the caller, which sleeps from here on.
    pub(crate) fn count_in(&self) {
        // ORDER Release: publishes that the caller, and whom it created, exist.
        //   pairs    asleep.is_everybody.word
        //   checked  loom asleep::whoever_the_last_sleeper_created_is_counted
        self.word.fetch_add(CHANGE + 1, Release);
    }

    /// Takes a sleeper out, which the caller is about to wake.
    pub(crate) fn count_out(&self) {
        // Relaxed: the caller's end, or whatever else it does to be missed, publishes it.
        self.word.fetch_add(CHANGE - 1, Relaxed);
    }

    /// In a child of fork: those that slept are not here.
    pub(crate) fn forget(&self) {
        // Relaxed: there is no other thread.
        let was = self.word.load(Relaxed);
        self.word.fetch_add(CHANGE.wrapping_sub(was & SLEEPERS), Relaxed);
    }

    /// Whether every thread is asleep, the caller among them.
    ///
    /// `count_threads` asks for the number of threads, and acquires what those who created or ended
    /// some did before: as the kernel's lock does.
    pub(crate) fn is_everybody(&self, count_threads: impl FnOnce() -> Option<usize>) -> bool {
        // ORDER Acquire: receives the existence of those whom the sleepers created.
        //   pairs    asleep.count_in.word
        //   checked  loom asleep::whoever_the_last_sleeper_created_is_counted
        let word = self.word.load(Acquire);
        // Relaxed: what those who ended did comes with the number of threads.
        count_threads() == Some(word & SLEEPERS) && self.word.load(Relaxed) == word
    }
}
