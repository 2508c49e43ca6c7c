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
//! (threads that look for work, or were started to), and `needspinning`, the mark (somebody wanted
//! to start one when no processor was idle: the next to go idle must look again first).
//!
//! # Invariants
//!
//! - I1: work conservation: when all is quiet, no processor is idle while a goroutine is queued.
//! - I2: `nmspinning` is the number of threads that spin or were started spinning; never negative.
//! - I3: `npidle` is the number of processors in the list whenever the lock is free.
//! - I4: the mark stands only while `npidle` and `nmspinning` are zero. It is set only then; only
//!   [`Idle::drop_p`], [`Idle::start_spinning`] and [`Idle::unclaim`] can end that state, and they
//!   take it away.
//! - I5: whoever lowers `nmspinning` looks afterwards, or passes that on: `stop_spinning` to its
//!   caller's last look, `found_work` to its caller's `submitted` (for one that stops for the world:
//!   to the last look of whoever starts it), `unclaim` to the next thread that parks, or to whoever
//!   tries again (`is_short`, `claim_owed`).
//!
//! # The dance (SB)
//!
//! A submitter publishes a goroutine, fences, reads `word`. If it sees a spinner or the mark, it
//! leaves the goroutine to whoever that is; if it sees no idle processor, it leaves the mark; else
//! it starts a spinner. A spinner that found nothing gives its processor up, lowers `nmspinning`,
//! fences, and then looks at every queue once more (the last look). Either the submitter sees that
//! the spinner stopped, or the last look sees the goroutine. Submitting is common, so its fence is
//! the light one.
//!
//! A thread that never spun (because others did) gives its processor up without a last look. It
//! needs none: its step and a submitter's mark are read-modify-writes of one word, so one of them
//! sees the other. Who finds the mark becomes a spinner.
//!
//! A spinner that finds work stops spinning and then wakes another one, if it was the last: there
//! may be more where this came from, and its submitter left it to us.
//!
//! # Proof sketch
//!
//! Say that a submitter left its goroutine to others: it read a `word` with a spinner in it or with
//! the mark, or it set the mark itself. After that value, in the order of `word`'s values, the count
//! falls to zero for a last time before all is quiet (I4: the mark becomes a spinner before a
//! processor can be idle). By I5 that fall is one of three. A `stop_spinning`: its fence comes after
//! its write of `word`, which comes after the value that the submitter read behind its own fence, so
//! its last look sees the goroutine. A `found_work`: then its thread reads `word` once more and sees
//! no spinner, so that it starts one or leaves the mark; the argument goes on with that one. An
//! `unclaim`: the next thread that parks becomes a spinner, or whoever tries again does, or no
//! processor is idle. Its caller may forgive the look that is owed: it has looked behind a fence, so
//! that it sees what was left to its own spinner; what was left to another, that one's `unclaim`
//! owes anew, by another number.
//!
//! Nothing here rests on a Release or an Acquire of `word`: every access of it is Relaxed. What a
//! spinner must see it sees by the two fences, and it has a last look before it may sleep, also if
//! it was made one by the mark. Data of processors and threads is handed over by the lists' lock.
//! And no argument pairs two light fences, although loom, to which both kinds are one, could not
//! tell: the heavy one is always that of the spinner that stops.
//!
//! Only the fall to zero needs its fence, so `stop_spinning` makes none while others still spin. Go
//! cannot do so (golang/go#43997, "SP5"): its failed wake-ups raise and lower `nmspinning` and then
//! look nowhere, so no spinner knows that it is the last. Here a wake-up that finds no processor
//! never raises the count (one compare-exchange decides both), and one that finds no thread passes
//! its look on: I5 is what makes the last spinner known.
//!
//! # Rejected
//!
//! Go's three separate words (runtime/proc.go: `wakep`, `findRunnable`, `resetspinning`,
//! `pidlegetSpinning`): there a submitter that finds no idle processor takes the lock to say so, at
//! each wake-up; here it is one CAS, and none at all while the mark stands. Before 1.19 there was no
//! mark: golang/go#45867 (mutant SP4).
//!
//! Undoing a wake-up for which no thread could be made by lowering the count and no more: those who
//! saw the count left their goroutines to it, and every thread may be just about to park (mutant
//! SP7).
//!
//! # Suites
//!
//! `verify/loom/idle.rs`: two threads without a bound where that ends within seconds, else two or
//! three threads with at most 3 or 4 preemptions; the lists' lock is one that is taken in one step.
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
    /// Somebody wants every processor: the thread keeps it, and must answer first (`proto/stop`).
    Asked,
}

/// What became of a processor for which no thread could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Unclaimed<M> {
    /// It is idle. The next thread that parks owes a look, of this number; the caller looks for those
    /// that never park, and may [`forgive`](Idle::forgive) that look if nothing waits.
    Idle(u32),
    /// It is the caller's still, to hand to this thread, which parked meanwhile.
    HandTo(NonNull<M>),
    /// It is the caller's still, who must answer for it first; as `Dropped::Asked`.
    Asked,
}

/// What became of a thread without a processor that wanted to park.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Parked {
    /// It is among the idle ones: it waits for whoever takes it out.
    Idle,
    /// A thread was wanted and none was to be had: it gets this processor, spins now, and must look.
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

/// Whether somebody will look for whatever is queued by now.
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
    /// A look is owed that no thread could be had for: by the next one that parks.
    is_short: bool,
    /// How often one was owed.
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

    /// As `step`, for a caller that has just looked.
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

    /// Takes an idle processor for a spinner unless somebody looks already; sets the mark if none
    /// is idle.
    fn take_for_spinner(&self, lists: &mut Lists<M>) -> Option<u32> {
        let stepped = self.step(|word| match npidle(word) {
            _ if is_covered(word) => None,
            0 => Some(word | NEED),
            _ => Some(word - P_ONE + M_ONE),
        });
        stepped.is_ok_and(|was| npidle(was) != 0).then(|| lists.pop_p())
    }

    /// Takes a processor back that the caller owns and that there is work for, because no thread
    /// could be made for it. If one has parked meanwhile, the processor stays the caller's, to hand
    /// to that one, which counts as `spinning` says. If not, the next one that parks looks; and the
    /// caller looks for what waits for a thread that never parks here.
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

    /// Takes an idle processor: for a spinner whose last look saw work (none, if somebody else looks
    /// by now), or for a thread that has work for it.
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
    /// `is_asked` says whether somebody wants every processor. It is asked under the lock, under
    /// which the one who wants them takes out those that idle ([`drain`](Self::drain)): so each of
    /// them is in the list by then, or its owner hears of it.
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
            // The look of whoever is the last to stop counts; ours only finds work sooner.
            return;
        }
        // ORDER fence (SB with idle.submitted.fence).
        //   mine   write word,    then read every queue
        //   other  write a queue, then read word
        //   Mine first: the submitter sees no spinner. Other first: we see the goroutine.
        //   checked  loom idle::work_submitted_while_the_last_spinner_stops_is_found
        fence_heavy();
    }

    /// A spinner that found work stops; it must then call [`submitted`](Self::submitted) for those
    /// who left theirs to it. So does one that stops for the world, by whoever starts that again.
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

    /// Puts a thread without a processor among the idle ones, unless it is needed or sent home.
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

    /// As [`claim`](Self::claim), for a look that is owed: whoever has waited for a while may find
    /// that there are threads again.
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

    /// The caller of [`unclaim`](Self::unclaim) has made the look itself since, and nothing waits. If
    /// somebody else has come to owe one meanwhile, that one stays.
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
}
