//! Whether every thread of the process is asleep. Then no thread is left that could wake another,
//! and everything that waits would wait for ever (Go's `checkdead`).
//!
//! # In short
//!
//! The looker wants to know whether any thread of the process could still wake another. Sleeping
//! threads are counted in one word, and the kernel knows how many threads there are: the looker
//! reads the word, asks the kernel, and reads the word again. Its answer would be wrong if the word
//! counted a thread that may still act, or if the kernel's number missed one. The word never counts
//! such a thread, because a waker takes the sleeper out of the count before it wakes it. And no
//! wake-up between the two reads is missed, because each change gives the word a value that it
//! never had before.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `word` | RMW-only | a thread that falls asleep; its waker |
//! | the number of threads | the kernel's | a thread that creates another; a thread that ends |
//!
//! `word` packs the number of sleepers and the number of its own changes. It counts every thread
//! that sleeps on a [`note`](super::note): idle Ms, callers of `run`, ordinary threads that wait on
//! a channel. It does not count a thread that computes, that sleeps in the kernel, or that this
//! crate does not know. Such a thread may still wake others.
//!
//! # Invariants
//!
//! - I1: a thread that is counted sleeps, and nobody has begun to wake it: it counts itself when it
//!   has said that it will sleep, and its waker takes it out *before* waking it. Where the waker
//!   comes in between, the count is one too low for a moment, never too high.
//! - I2: the word never has a value twice: each change counts.
//! - I3: each thread that is awake, and may wake others, is counted by the kernel.
//! - I4: a thread that is counted owns no processor: it has handed its processor to the others before
//!   it falls asleep (`sched/goroutine/sleep`), or had none.
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
//! - Each sleeper counted in `w` is in T. It was created before it fell asleep, which the first
//!   read acquired; so the answer counts it. And it has not ended. If it had, its waker had taken
//!   it out before; the answer would bring that with the end, and the second read would see it
//!   (I2).
//! - So T is the set of these sleepers, if there are as many. Suppose that one of them is woken
//!   later, and take the first such: its waker is awake and not in T. Either that waker had ended
//!   before the answer, after it took the sleeper out: then the second read would see that. Or it
//!   came later, created by a thread that was awake, and so on back to a thread in T, which would
//!   have been woken before.
//!
//! - And no work waits that the clock alone would start. By I4 a processor with work belongs to a thread
//!   that is awake; one that belonged to a sleeper would be taken from it by the watcher, which would
//!   then have a thread run that work, and that one is a waker.
//!
//! The thread that looks is a sleeper itself: the clock woke it, it does nothing but look, and
//! sleeps again. So is the thread that writes lines about a scheduler (`sched/watch/schedtrace`):
//! it looks, writes, and wakes nobody who is counted. So is the thread that keeps the notes of a trace,
//! or writes them to the file that `GOSCHED_TRACE` names (`sched/watch/trace`), from before its first
//! look until after its last: whoever asks that thread for something waits in the kernel, which counts as
//! awake. A thread that calls a user's writer is never counted: a writer may wake anybody, and what the
//! thread has not written yet is work that the clock alone starts. Sysmon is a sleeper too: it counts
//! itself while it naps: when the clock wakes it, it acts only on Ms that are awake. There is one
//! exception: sysmon tries again to make an M that could not be made. The thread that failed to
//! make that M takes one sleeper out of the count, before it sleeps itself, and sysmon puts it back
//! when there is an M. Meanwhile the count is one too low (`sched/thread/refused`).
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
//! `verify/loom/asleep.rs`: sleepers on notes, wakers that end, a waker that is created, and a
//! looker: three threads within 4 preemptions, four within 3, and until all sleep within 2.
//! `verify/shuttle/asleep.rs`: the same, and a chain of wakers at random. The kernel's number is an
//! atomic there, as weak as the proof allows. Mutants beside the weakened sites: CD3, CD4 (a waker
//! that takes nobody out), `CD4b` (it takes out a thread that was not in), CD6 (no second look),
//! CD7 (the second look compares sleepers, not changes), CD8 (woken first, taken out after). I4 is the
//! scheduler's to keep: `verify/cells/end` has the model, and CD10 is the mutant (a goroutine that
//! sleeps with its thread keeps its processor).

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
        // Relaxed: it is published by the caller's own end or sleep, before which all are not asleep.
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
    /// `count_threads` asks for the number of threads. It acquires what the threads did that
    /// created others or ended, as the kernel's lock does.
    pub(crate) fn is_everybody(&self, count_threads: impl FnOnce() -> Option<usize>) -> bool {
        // ORDER Acquire: receives the existence of those whom the sleepers created.
        //   pairs    asleep.count_in.word
        //   checked  loom asleep::whoever_the_last_sleeper_created_is_counted
        let word = self.word.load(Acquire);
        // Relaxed: what ended threads did comes with the number of threads.
        count_threads() == Some(word & SLEEPERS) && self.word.load(Relaxed) == word
    }
}
