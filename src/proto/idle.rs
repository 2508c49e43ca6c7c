//! Which threads sleep and which look for work: no goroutine waits while a processor idles.
//!
//! # In short
//!
//! Submitters queue goroutines, and threads that find no work go idle. A goroutine would wait for
//! ever if its submitter relied on a *spinner* (a thread that looks for work) which has just
//! stopped looking. So a submitter queues the goroutine, fences, and then reads whether a spinner
//! is left; the last spinner says that it stops, fences, and then looks at every queue once more.
//! One of the two fences comes first: either the submitter sees no spinner and starts one, or the
//! spinner's last look finds the goroutine. If no processor is idle, the submitter leaves a mark,
//! and the next thread that would go idle becomes a spinner instead.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `word` | RMW-only | submitters, searchers, and holders of the lists' lock |
//! | `lists` | under their lock | anyone: the idle processors and the idle threads |
//!
//! `word` packs Go's three: `npidle` (idle processors: changes only under the lock), `nmspinning`
//! (threads that look for work, or were started to), and `needspinning`, the mark: a submitter
//! wanted to start a spinner when no processor was idle, so the next thread to go idle must look
//! again first.
//!
//! # Invariants
//!
//! - I1: work conservation: when all is quiet, no processor is idle while a goroutine is queued.
//! - I2: `nmspinning` is the number of threads that spin or were started spinning; never negative.
//! - I3: `npidle` is the number of processors in the list whenever the lock is free.
//! - I4: the mark stands only while `npidle` and `nmspinning` are zero. It is set only then; only
//!   [`Idle::drop_p`], [`Idle::start_spinning`] and [`Idle::unclaim`] can end that state, and they
//!   take it away.
//! - I5: a thread that lowers `nmspinning` looks afterwards, or passes the look on. `stop_spinning`
//!   passes it to its caller's last look; `found_work` to its caller's `submitted`, or, if the
//!   caller stops for the world, to the last look of the thread that starts the world again;
//!   `unclaim` to the next thread that parks, or to the watcher's next try (`is_short`,
//!   `claim_owed`).
//!
//! # The dance (SB)
//!
//! A submitter that reads a spinner or the mark in `word` leaves its goroutine to that thread. A
//! spinner that found nothing gives its processor up first, then lowers `nmspinning`, fences, and
//! looks at every queue once more (the last look). Submitting is common, so its fence is the light
//! one.
//!
//! A thread that never spun (because others did) gives its processor up without a last look. It
//! needs none: its step and a submitter's mark are read-modify-writes of one word, so one of them
//! sees the other. A thread that finds the mark becomes a spinner.
//!
//! A spinner that finds work stops spinning and, if it was the last one, wakes another. There may
//! be more goroutines in the queue, whose submitters relied on this spinner.
//!
//! # Proof sketch
//!
//! Say that a submitter left its goroutine to others: it read a `word` with a spinner in it or with
//! the mark, or it set the mark itself. After that value, in the order of `word`'s values, the
//! count falls to zero for a last time before all is quiet (I4: the mark becomes a spinner before a
//! processor can be idle). By I5 that fall is one of three. A `stop_spinning`: its fence comes
//! after its write of `word`, which comes after the value that the submitter read behind its own
//! fence, so its last look sees the goroutine. A `found_work`: then its thread reads `word` once
//! more and sees no spinner, so that it starts one or leaves the mark, and the argument continues
//! with that one. An `unclaim`: the next thread that parks becomes a spinner, or the watcher's next
//! try starts one, or no processor is idle. The caller T of `unclaim` may forgive the look that it
//! came to owe: T has looked behind a fence, so it sees each goroutine that was left to its own
//! spinner. If submitter S left a goroutine to the spinner of another thread U, and that spinner
//! comes to nothing too, then U's `unclaim` records a debt with another number, which T does not
//! forgive.
//!
//! Nothing here rests on a Release or an Acquire of `word`: every access of it is Relaxed. A
//! spinner sees what it must see by the two fences, and it has a last look before it may sleep,
//! also if the mark made it a spinner. Data of processors and threads is handed over by the lists'
//! lock. And no argument pairs two light fences, although loom, to which both kinds are one, could
//! not tell: the heavy one is always that of the spinner that stops.
//!
//! Only the fall to zero needs its fence, so `stop_spinning` makes none while others still spin. Go
//! cannot do so (golang/go#43997, "SP5"): its failed wake-ups raise and lower `nmspinning` and then
//! look nowhere, so no spinner knows that it is the last. Here a wake-up that finds no processor
//! never raises the count (one compare-exchange decides both), and a wake-up that finds no thread
//! passes its look on: I5 is what makes the last spinner known.
//!
//! # Rejected
//!
//! Go's three separate words (runtime/proc.go: `wakep`, `findRunnable`, `resetspinning`,
//! `pidlegetSpinning`): there a submitter that finds no idle processor takes the lock to say so, at
//! each wake-up; here it is one CAS, and none at all while the mark stands. Before 1.19 there was
//! no mark: golang/go#45867 (mutant SP4).
//!
//! Undoing a wake-up for which no thread could be made by only lowering the count: submitters that
//! saw the count left their goroutines to it, and every thread may be just about to park (mutant
//! SP7).
//!
//! # Suites
//!
//! `verify/loom/idle.rs`: two threads without a bound where that ends within seconds, else two or
//! three threads with at most 3 or 4 preemptions; the lists' lock is a model's, taken in one step.
//! `verify/shuttle/idle.rs`: the same scenarios depth first (the larger ones cut off), and six
//! threads over the real lock, with real parking, at random and with PCT.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::lock::{Exclude, Lock};
use crate::base::rank::Rank;
use crate::base::throw_unless;
use crate::facade::{AtomicU32, Ordering::Relaxed, fence_heavy, fence_light};

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
    /// Nothing: a thread that looks for work will see it.
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
    /// A submitter wanted a spinner: the thread keeps it, spins now, and must look again.
    LookAgain,
    /// A requester wants every processor: the thread keeps it, and must answer first
    /// (`proto/stop`).
    Asked,
}

/// What became of a processor for which no thread could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Unclaimed<M> {
    /// It is idle. The next thread that parks owes a look, which has this number. The caller looks
    /// itself, in case no thread ever parks, and may [`forgive`](Idle::forgive) the owed look if
    /// nothing waits.
    Idle(u32),
    /// It still belongs to the caller, who must hand it to this thread, which parked meanwhile.
    HandTo(NonNull<M>),
    /// It still belongs to the caller, who must answer for it first; like `Dropped::Asked`.
    Asked,
}

/// What became of a thread without a processor that wanted to park.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Parked {
    /// It is in the list of idle threads, and waits to be taken out.
    Idle,
    /// A thread was wanted and none was to be had: it gets this processor, spins now, and must
    /// look.
    LookAgain(u32),
    /// Threads are being sent home.
    GoHome,
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

/// Whether a thread will look for everything that is queued by now.
fn is_covered(word: u32) -> bool {
    nmspinning(word) != 0 || word & NEED != 0
}

/// The idle processors and threads, and the number of those that look for work.
pub(crate) struct Idle<M, L = Lock<Lists<M>>> {
    word: AtomicU32,
    lists: L,
    threads: PhantomData<fn(M)>,
}

/// Processors and threads that idle.
pub(crate) struct Lists<M> {
    procs: Vec<u32>,
    threads: Vec<NonNull<M>>,
    /// No thread could be had for a look: the next thread that parks owes it.
    is_short: bool,
    /// How often a look came to be owed.
    debt: u32,
    is_closed: bool,
}

// SAFETY: the lists only carry the threads' handles; M says whether they may be shared.
unsafe impl<M: Sync> Send for Lists<M> {}

impl<M> Lists<M> {
    /// The processor that a step of `word`, under the lock, took out of `npidle`.
    fn pop_p(&mut self) -> u32 {
        self.procs.pop().expect("I3")
    }
}

/// A processor that was idle, and a thread to run it if one was idle too.
pub(crate) struct Claim<M> {
    pub(crate) p: u32,
    pub(crate) m: Option<NonNull<M>>,
}

impl<M, L: Exclude<Lists<M>>> Idle<M, L> {
    /// `procs` processors, numbered from zero, all idle; no thread.
    pub(crate) fn new(procs: u32) -> Self {
        Self {
            word: AtomicU32::new(procs * P_ONE),
            threads: PhantomData,
            lists: L::new(
                Rank::Idle,
                Lists {
                    procs: (0..procs).rev().collect(),
                    threads: Vec::new(),
                    is_short: false,
                    debt: 0,
                    is_closed: false,
                },
            ),
        }
    }

    /// Changes `word` as `next` says, if it says anything; returns what was there.
    fn step(&self, next: impl Fn(u32) -> Option<u32>) -> Result<u32, u32> {
        // Relaxed: first-load.
        self.step_from(self.word.load(Relaxed), next)
    }

    /// Like `step`, for a caller that has just read the word.
    fn step_from(&self, mut word: u32, next: impl Fn(u32) -> Option<u32>) -> Result<u32, u32> {
        while let Some(to) = next(word) {
            // Relaxed: see the proof sketch.
            match self.word.compare_exchange(word, to, Relaxed, Relaxed) {
                Ok(_) => return Ok(word),
                Err(now) => word = now, // progress: somebody else's step
            }
        }
        Err(word)
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
        if is_covered(word) {
            return Submitted::Covered;
        }
        self.submitted_slow(word)
    }

    #[cold]
    fn submitted_slow(&self, word: u32) -> Submitted {
        let next = |word| (npidle(word) == 0 && !is_covered(word)).then_some(word | NEED);
        let marked = self.step_from(word, next);
        match marked {
            Err(word) if !is_covered(word) => Submitted::Wake,
            _ => Submitted::Covered,
        }
    }

    /// Takes an idle processor for a new spinner, if one is still wanted; the caller must hand it
    /// to a thread, which is counted as spinning from now on.
    pub(crate) fn claim(&self) -> Option<Claim<M>> {
        let mut lists = self.lists.lock();
        if lists.is_closed {
            return None;
        }
        let p = self.take_for_spinner(&mut lists)?;
        Some(Claim { p, m: lists.threads.pop() })
    }

    /// Takes an idle processor for a spinner, unless a thread looks for work already. Sets the mark
    /// if no processor is idle.
    fn take_for_spinner(&self, lists: &mut Lists<M>) -> Option<u32> {
        let stepped = self.step(|word| match npidle(word) {
            _ if is_covered(word) => None,
            0 => Some(word | NEED),
            _ => Some(word - P_ONE + M_ONE),
        });
        stepped.is_ok_and(|was| npidle(was) != 0).then(|| lists.pop_p())
    }

    /// Takes back a processor that the caller owns and that there is work for, because no thread
    /// could be made for it. If a thread has parked meanwhile, the processor stays the caller's, to
    /// hand to that thread, which counts as `spinning` says. If not, the next thread that parks
    /// owes a look, and the caller looks itself, because perhaps no thread ever parks.
    ///
    /// `is_asked` is asked under the lock: see [`drop_p`](Self::drop_p).
    pub(crate) fn unclaim(
        &self,
        p: u32,
        spinning: Spinning,
        is_asked: impl FnOnce() -> bool,
    ) -> Unclaimed<M> {
        let unclaimed = self.take_back(p, spinning, is_asked);
        // ORDER fence (SB with idle.submitted.fence).
        //   mine   write word,    then read the shared queues
        //   other  write a queue, then read word
        //   Mine first: the submitter sees no spinner. Other first: we see the goroutine.
        //   checked  loom idle::work_for_a_thread_that_never_parks_is_found_without_others
        fence_heavy();
        unclaimed
    }

    fn take_back(
        &self,
        p: u32,
        spinning: Spinning,
        is_asked: impl FnOnce() -> bool,
    ) -> Unclaimed<M> {
        let mut lists = self.lists.lock();
        if let Some(m) = lists.threads.pop() {
            return Unclaimed::HandTo(m);
        }
        let is_asked = is_asked();
        let lowered = if spinning == Spinning::Yes { M_ONE } else { 0 };
        let back = |word| if is_asked { word } else { (word & !NEED) + P_ONE };
        let stepped = self.step(|word| Some(back(word) - lowered));
        throw_unless!(
            spinning == Spinning::No || stepped.is_ok_and(|was| nmspinning(was) > 0),
            "idle: unclaimed without a claim"
        );
        lists.is_short = true;
        lists.debt = lists.debt.wrapping_add(1);
        if is_asked {
            return Unclaimed::Asked;
        }
        lists.procs.push(p);
        Unclaimed::Idle(lists.debt)
    }

    /// Takes an idle processor: for a spinner whose last look saw work (none, if another thread
    /// looks by now), or for a thread that has work for it.
    pub(crate) fn take_p(&self, spinning: Spinning) -> Option<u32> {
        let mut lists = self.lists.lock();
        if spinning == Spinning::Yes {
            return self.take_for_spinner(&mut lists);
        }
        let stepped = self.step(|word| (npidle(word) != 0).then(|| word - P_ONE));
        stepped.is_ok().then(|| lists.pop_p())
    }

    /// Gives up a processor whose queue is empty. A spinner is always let go: while it is counted
    /// the mark does not stand (I4).
    ///
    /// `is_asked` says whether a requester wants every processor. It is called under the lock, and
    /// under the same lock the requester takes out the idle ones ([`drain`](Self::drain)). So each
    /// idle processor is in the list by then, or its owner hears of the request.
    pub(crate) fn drop_p(&self, p: u32, is_asked: impl FnOnce() -> bool) -> Dropped {
        let mut lists = self.lists.lock();
        if is_asked() {
            return Dropped::Asked;
        }
        let stepped = self.step(|word| {
            Some(if word & NEED != 0 { (word & !NEED) + M_ONE } else { word + P_ONE })
        });
        if stepped.is_ok_and(|was| was & NEED != 0) {
            return Dropped::LookAgain;
        }
        lists.procs.push(p);
        Dropped::Idle
    }

    /// Takes all idle processors. The caller gives them back with `drop_p`, or runs them.
    pub(crate) fn drain(&self) -> Vec<u32> {
        let mut lists = self.lists.lock();
        let _ = self.step(|word| Some(word & !P_MASK));
        core::mem::take(&mut lists.procs)
    }

    /// Counts the caller as a spinner, unless half of the busy processors' number spin already:
    /// more would only burn time (Go: `2*nmspinning < gomaxprocs - npidle`). If nobody spins, it
    /// does: the caller's processor is a busy one.
    pub(crate) fn start_spinning(&self, procs: u32) -> Spinning {
        let stepped = self.step(|word| {
            (2 * nmspinning(word) < procs - npidle(word)).then_some((word & !NEED) + M_ONE)
        });
        if stepped.is_ok() { Spinning::Yes } else { Spinning::No }
    }

    /// A spinner that found nothing, and has given its processor up, stops. Its last look follows.
    pub(crate) fn stop_spinning(&self) {
        if self.lower() > 1 {
            // Only the last spinner's look counts; ours would only find work sooner.
            return;
        }
        // ORDER fence (SB with idle.submitted.fence).
        //   mine   write word,    then read every queue
        //   other  write a queue, then read word
        //   Mine first: the submitter sees no spinner. Other first: we see the goroutine.
        //   checked  loom idle::work_submitted_while_the_last_spinner_stops_is_found
        fence_heavy();
    }

    /// A spinner that found work stops. It must then call [`submitted`](Self::submitted), for the
    /// submitters that left goroutines to it. For a spinner that stops for the world, the thread
    /// that starts the world again calls [`take_on_looks`](Self::take_on_looks) instead.
    pub(crate) fn found_work(&self) {
        self.lower();
    }

    /// Takes on the looks of spinners that stopped for the world, which the caller starts again: it
    /// must look at every queue now.
    #[expect(clippy::unused_self, reason = "its counterpart is in `word`")]
    pub(crate) fn take_on_looks(&self) {
        // ORDER fence (SB with idle.submitted.fence).
        //   mine   receive that a spinner wrote word, then read every queue
        //   other  write a queue,                     then read word
        //   Mine first: the submitter sees no spinner. Other first: we see the goroutine.
        //   checked  loom idle::work_left_to_a_spinner_that_stops_for_the_world_is_found
        fence_heavy();
    }

    /// One spinner less; returns how many there were.
    fn lower(&self) -> u32 {
        // Relaxed: what follows is ordered by the fence in `stop_spinning`, `submitted` or
        // `take_on_looks`.
        let was = self.word.fetch_sub(M_ONE, Relaxed);
        throw_unless!(nmspinning(was) > 0, "idle: fewer than no spinners");
        nmspinning(was)
    }

    /// Puts a thread without a processor into the idle list, unless it is needed or sent home.
    pub(crate) fn put_m(&self, m: NonNull<M>) -> Parked {
        let mut lists = self.lists.lock();
        if lists.is_closed {
            return Parked::GoHome;
        }
        if let Some(p) = self.take_for_owed_look(&mut lists) {
            return Parked::LookAgain(p);
        }
        lists.threads.push(m);
        Parked::Idle
    }

    /// Takes an idle processor for a spinner if a look is owed. While none is idle it stays owed.
    fn take_for_owed_look(&self, lists: &mut Lists<M>) -> Option<u32> {
        if !lists.is_short || lists.procs.is_empty() {
            return None;
        }
        lists.is_short = false;
        // Relaxed: `npidle` changes only under the lock, and while it is not zero the mark does not
        // stand (I4).
        self.word.fetch_add(M_ONE - P_ONE, Relaxed);
        Some(lists.pop_p())
    }

    /// Like [`claim`](Self::claim), for a look that is owed: some time later there may be threads
    /// again.
    pub(crate) fn claim_owed(&self) -> Option<Claim<M>> {
        let mut lists = self.lists.lock();
        if lists.is_closed {
            return None;
        }
        let p = self.take_for_owed_look(&mut lists)?;
        Some(Claim { p, m: lists.threads.pop() })
    }

    /// Whether a look is owed for want of a thread.
    pub(crate) fn is_short(&self) -> bool {
        self.lists.lock().is_short
    }

    /// The caller of [`unclaim`](Self::unclaim) has made the owed look itself, and nothing waits. A
    /// look that another thread has come to owe meanwhile stays owed.
    pub(crate) fn forgive(&self, debt: u32) {
        let mut lists = self.lists.lock();
        if lists.debt == debt {
            lists.is_short = false;
        }
    }

    /// Takes an idle thread for a processor that the caller owns.
    pub(crate) fn take_m(&self) -> Option<NonNull<M>> {
        self.lists.lock().threads.pop()
    }

    /// Ends idling for good: returns the idle threads, and no thread can become idle again.
    pub(crate) fn close(&self) -> Vec<NonNull<M>> {
        let mut lists = self.lists.lock();
        lists.is_closed = true;
        core::mem::take(&mut lists.threads)
    }

    /// How many threads are idle, if all processors are and nobody looks for work; for tests.
    #[cfg(test)]
    pub(crate) fn quiescent(&self, procs: u32) -> Option<usize> {
        let lists = self.lists.lock();
        // Relaxed: `npidle` changes only under the lock.
        (self.word.load(Relaxed) == procs * P_ONE).then(|| lists.threads.len())
    }

    /// How many processors and threads idle; they change as soon as they are counted.
    pub(crate) fn idle_counts(&self) -> (usize, usize) {
        let lists = self.lists.lock();
        (lists.procs.len(), lists.threads.len())
    }

    /// Idle processors now; a hint.
    pub(crate) fn procs_idle(&self) -> u32 {
        npidle(self.word.load(Relaxed))
    }

    /// How many threads look for work, and whether the mark stands; a hint.
    pub(crate) fn spinning(&self) -> (u32, bool) {
        let word = self.word.load(Relaxed);
        (nmspinning(word), word & NEED != 0)
    }
}
