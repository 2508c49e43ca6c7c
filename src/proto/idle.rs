//! Who sleeps and who looks for work: no goroutine waits while a processor idles.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `word` | RMW-only | submitters, searchers, and holders of the lists' lock |
//! | `lists` | under their lock | anyone: the idle processors and the idle threads |
//!
//! `word` packs Go's three: `npidle` (idle processors: changes only under the lock), `nmspinning`
//! (threads that look for work, or were started to), and `needspinning` (somebody wanted to start
//! one when no processor was idle: the next to go idle must look again first).
//!
//! # Invariants
//!
//! - I1: work conservation: when all is quiet, no processor is idle while a goroutine is queued.
//! - I2: `nmspinning` is the number of threads that spin or were started spinning; never negative.
//! - I3: `npidle` is the number of processors in the list whenever the lock is free.
//! - I4: `needspinning` is set only while `npidle` and `nmspinning` are zero, and whoever makes
//!   either of them positive clears it.
//!
//! # The dance (SB)
//!
//! A submitter publishes a goroutine, fences, reads `word`. If it sees a spinner, it leaves the
//! goroutine to it; if it sees no idle processor, it leaves a `needspinning`; else it starts one.
//! A spinner that found nothing gives its processor up, lowers `nmspinning`, fences, and then looks
//! at every queue once more (the last look). Either the submitter sees that the spinner stopped, or
//! the last look sees the goroutine. Submitting is common, so its fence is the light one.
//!
//! A thread that never spun (because others did) gives its processor up without a last look. It
//! needs none: its step and a submitter's `needspinning` are read-modify-writes of one word, so one
//! of them sees the other.
//!
//! A spinner that finds work stops spinning and then wakes another one, if it was the last: there
//! may be more where this came from, and its submitter left it to us.
//!
//! # Rejected
//!
//! Go's three separate words (runtime/proc.go: `wakep`, `findRunnable`, `resetspinning`,
//! `pidlegetSpinning`): there a submitter that finds no idle processor takes the lock to say so, at
//! each wake-up; here it is one CAS, and none at all while the mark stands. Before 1.19 there was no
//! mark: golang/go#45867 (mutant SP4).

use core::ptr::NonNull;

use super::lock::Lock;
use crate::base::throw_unless;
use crate::facade::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    fence_heavy, fence_light,
};

/// Whether a thread counts as looking for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spinning {
    /// It is counted in `nmspinning`.
    Yes,
    /// It is not.
    No,
}

/// What a submitter must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Submitted {
    /// Nothing: somebody will see the work.
    Covered,
    /// Start a thread on an idle processor ([`Idle::claim`]).
    Wake,
}

/// What became of a processor that a thread wanted to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Dropped {
    /// It is idle.
    Idle,
    /// Somebody wanted a spinner: the thread keeps it, spins now, and must look again.
    LookAgain,
}

const P_ONE: u32 = 1;
const P_MASK: u32 = 0x7fff;
const M_SHIFT: u32 = 15;
const M_ONE: u32 = 1 << M_SHIFT;
const M_MASK: u32 = 0xffff;
const NEED: u32 = 1 << 31;

/// The most processors that the word can count.
pub(crate) const MOST_PROCS: usize = P_MASK as usize;

fn npidle(word: u32) -> u32 {
    word & P_MASK
}

fn nmspinning(word: u32) -> u32 {
    word >> M_SHIFT & M_MASK
}

/// The idle processors and threads, and the number of those that look for work.
pub(crate) struct Idle<M> {
    word: AtomicU32,
    lists: Lock<Lists<M>>,
}

struct Lists<M> {
    procs: Vec<u32>,
    threads: Vec<NonNull<M>>,
    is_closed: bool,
}

// SAFETY: the lists only carry the threads' handles; M says whether they may be shared.
unsafe impl<M: Sync> Send for Lists<M> {}

/// A processor that was idle, and a thread to run it if one was idle too.
pub(crate) struct Claim<M> {
    pub(crate) p: u32,
    pub(crate) m: Option<NonNull<M>>,
}

impl<M> Idle<M> {
    /// `procs` processors, numbered from zero, all idle; no thread.
    pub(crate) fn new(procs: u32) -> Self {
        Self {
            word: AtomicU32::new(procs * P_ONE),
            lists: Lock::new(Lists {
                procs: (0..procs).rev().collect(),
                threads: Vec::new(),
                is_closed: false,
            }),
        }
    }

    /// Called after a goroutine was queued: says whether a thread must be started for it.
    #[inline]
    pub(crate) fn submitted(&self) -> Submitted {
        // ORDER fence (SB with idle.stop_spinning.fence).
        //   mine   write a queue, then read word
        //   other  write word,    then read every queue
        //   Mine first: the last look sees the goroutine. Other first: we see no spinner.
        //   checked  loom idle::work_submitted_while_the_last_spinner_stops_is_found
        fence_light();
        // Relaxed: the fence orders it.
        let word = self.word.load(Relaxed);
        if nmspinning(word) != 0 || word & NEED != 0 {
            return Submitted::Covered;
        }
        self.submitted_slow(word)
    }

    #[cold]
    fn submitted_slow(&self, mut word: u32) -> Submitted {
        loop {
            if nmspinning(word) != 0 || word & NEED != 0 {
                return Submitted::Covered;
            }
            if npidle(word) != 0 {
                return Submitted::Wake;
            }
            // ORDER Release: publishes the goroutine to whoever finds the mark.
            //   pairs    idle.drop_p.word
            //   checked  loom idle::a_thread_that_finds_the_mark_finds_the_work
            match self.word.compare_exchange(word, word | NEED, Release, Relaxed) {
                Ok(_) => return Submitted::Covered,
                Err(now) => word = now, // progress: somebody else's change
            }
        }
    }

    /// Takes an idle processor for a new spinner, if one is still wanted; the caller must hand it
    /// to a thread, which is counted as spinning from now on.
    pub(crate) fn claim(&self) -> Option<Claim<M>> {
        let mut lists = self.lists.lock();
        // Relaxed: `npidle` changes only under the lock; the rest the loop checks.
        let mut word = self.word.load(Relaxed);
        loop {
            if nmspinning(word) != 0 || lists.is_closed {
                return None;
            }
            let to = if npidle(word) == 0 { word | NEED } else { (word & !NEED) - P_ONE + M_ONE };
            // ORDER Release: as in `submitted`: the mark, or the new spinner's count, comes after the
            //   goroutine it is for.
            match self.word.compare_exchange(word, to, Release, Relaxed) {
                Ok(_) if npidle(word) == 0 => return None,
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        let p = lists.procs.pop().expect("I3");
        Some(Claim { p, m: lists.threads.pop() })
    }

    /// Takes back a claim: no thread could be had for it.
    pub(crate) fn unclaim(&self, p: u32) {
        let mut lists = self.lists.lock();
        // Relaxed: changes the counts as `drop_p` and `lower` do; every thread there is runs, and
        // looks everywhere before it parks.
        let was = self.word.fetch_sub(M_ONE - P_ONE, Relaxed);
        throw_unless!(nmspinning(was) > 0, "idle: unclaimed without a claim");
        lists.procs.push(p);
    }

    /// Takes an idle processor for a thread that has work for it.
    pub(crate) fn take_p(&self, spinning: Spinning) -> Option<u32> {
        let mut lists = self.lists.lock();
        let mut word = self.word.load(Relaxed);
        loop {
            let to = match (npidle(word), spinning) {
                (0, Spinning::No) => return None,
                (0, Spinning::Yes) if nmspinning(word) != 0 => return None,
                (0, Spinning::Yes) => word | NEED,
                (_, Spinning::Yes) => (word & !NEED) - P_ONE + M_ONE,
                (_, Spinning::No) => word - P_ONE,
            };
            match self.word.compare_exchange(word, to, Release, Relaxed) {
                Ok(_) if npidle(word) == 0 => return None,
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        Some(lists.procs.pop().expect("I3"))
    }

    /// Gives up a processor whose queue is empty.
    pub(crate) fn drop_p(&self, p: u32, spinning: Spinning) -> Dropped {
        let mut lists = self.lists.lock();
        // Relaxed: first-load.
        let mut word = self.word.load(Relaxed);
        loop {
            let look_again = spinning == Spinning::No && word & NEED != 0;
            let to = if look_again { (word & !NEED) + M_ONE } else { (word & !NEED) + P_ONE };
            // ORDER AcqRel.
            //   acquire: what was queued before the mark was set; pairs idle.submitted.word
            //   checked  loom idle::a_thread_that_finds_the_mark_finds_the_work
            //   release: the processor's queues; pairs with the lock and needs no more, but
            //     Acquire alone is what a failing submitter's CAS would not see
            match self.word.compare_exchange(word, to, AcqRel, Relaxed) {
                Ok(_) if look_again => return Dropped::LookAgain,
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        lists.procs.push(p);
        Dropped::Idle
    }

    /// Counts the caller as a spinner, unless half of the busy processors' number spin already:
    /// more would only burn time (Go: `2*nmspinning < gomaxprocs - npidle`).
    pub(crate) fn start_spinning(&self, procs: u32) -> Spinning {
        // Relaxed: first-load.
        let mut word = self.word.load(Relaxed);
        loop {
            if 2 * nmspinning(word) >= procs - npidle(word) {
                return Spinning::No;
            }
            match self.word.compare_exchange(word, (word & !NEED) + M_ONE, Acquire, Relaxed) {
                Ok(_) => return Spinning::Yes,
                Err(now) => word = now,
            }
        }
    }

    /// A spinner that found nothing, and has given its processor up, stops. Its last look follows.
    pub(crate) fn stop_spinning(&self) {
        self.lower();
        // ORDER fence (SB with idle.submitted.fence).
        //   mine   write word,    then read every queue
        //   other  write a queue, then read word
        //   Mine first: the submitter sees no spinner. Other first: we see the goroutine.
        //   checked  loom idle::work_submitted_while_the_last_spinner_stops_is_found
        fence_heavy();
    }

    /// A spinner that found work stops; it must then call [`submitted`](Self::submitted) for those
    /// who left theirs to it.
    pub(crate) fn found_work(&self) {
        self.lower();
    }

    fn lower(&self) {
        // Relaxed: what follows is ordered by the fence in `stop_spinning` or in `submitted`.
        let was = self.word.fetch_sub(M_ONE, Relaxed);
        throw_unless!(nmspinning(was) > 0, "idle: fewer than no spinners");
    }

    /// Puts a thread without a processor among the idle ones; false if they are being sent home.
    #[must_use]
    pub(crate) fn put_m(&self, m: NonNull<M>) -> bool {
        let mut lists = self.lists.lock();
        if !lists.is_closed {
            lists.threads.push(m);
        }
        !lists.is_closed
    }

    /// Takes an idle thread for a processor that the caller owns.
    pub(crate) fn take_m(&self) -> Option<NonNull<M>> {
        self.lists.lock().threads.pop()
    }

    /// Takes a thread back out; false if somebody has taken it already.
    #[must_use]
    pub(crate) fn remove_m(&self, m: NonNull<M>) -> bool {
        let mut lists = self.lists.lock();
        let at = lists.threads.iter().position(|&idle| idle == m);
        if let Some(at) = at {
            lists.threads.remove(at);
        }
        at.is_some()
    }

    /// Ends idling for good: returns the idle threads, and no thread can become idle again.
    pub(crate) fn close(&self) -> Vec<NonNull<M>> {
        let mut lists = self.lists.lock();
        lists.is_closed = true;
        core::mem::take(&mut lists.threads)
    }

    /// How many threads are idle, if all processors are and nobody looks for work.
    pub(crate) fn quiescent(&self, procs: u32) -> Option<usize> {
        let lists = self.lists.lock();
        // Relaxed: `npidle` changes only under the lock.
        (self.word.load(Relaxed) == procs * P_ONE).then(|| lists.threads.len())
    }

    /// Idle processors now; a hint.
    pub(crate) fn procs_idle(&self) -> u32 {
        npidle(self.word.load(Relaxed))
    }
}
