//! Whether a descriptor may have changed since somebody looked, for one direction: input or output.
//!
//! # In short
//!
//! The kernel says when a descriptor becomes ready, once for each time (edge-triggered). A goroutine tries
//! its operation first, and waits only if the kernel refuses. The kernel's word could come in between, and
//! then nobody would wait for it yet. So the words are counted. A goroutine remembers the count before it
//! tries, and waits only while the count is the same.
//!
//! A word says only that it is worth trying again. One that is old, or meant for the last owner of the same
//! memory, makes somebody try in vain and does no harm. So no word carries a tag.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `seen` | how many words came, times two; the lowest bit says that the end came | who brings a word, under the lock; read by all |
//! | `empty` | the look after which nothing was left | who tried, and found that; a hint |
//! | the waiters, each with its look | under the lock | who waits, who brings a word, an end |
//!
//! # Invariants
//!
//! - I1: a waiter is queued only while its look is the present one. So each waiter was told of every word
//!   that came after its look.
//! - I2: after a look that is `empty`, nothing is there to be had, unless a word has come since.
//! - I3: once the end came (hang-up, error, the peer's last byte) nobody relies on `empty`: what is left then
//!   is announced no more.
//!
//! # Handshake
//!
//! MP on `seen`: who brings a word counts it after the kernel made the descriptor ready; who sees the count
//! finds it ready. That a waiter and a word do not miss each other needs no fence: both hold the lock.
//!
//! # Rejected
//!
//! Go's `rg` and `wg` (`nil`, `pdReady`, `pdWait`, a goroutine) have room for one waiter, so Go has a lock for
//! the readers and one for the writers of a descriptor. Here each may have as many waiters as there are, and
//! each may leave by time (`claim`). A deadline belongs to one wait, so nobody publishes one (Go's NP1); and
//! with counted words the old event of a descriptor that is gone (golang/go#59545) can be taken for another's
//! without harm.
//!
//! # Source
//!
//! Go's `netpollblock`, `netpollunblock` (`runtime/netpoll.go`); the counted readiness is tokio's
//! (`ScheduledIo`, its tick).
//!
//! # Suites
//!
//! `verify/loom/pollsema.rs`, `verify/shuttle/pollsema.rs`: one and two readers beside a kernel that delivers,
//! a time-out, an end of a runtime, the peer's end. Mutants PS1 (who waits does not look again), PS2 (a word
//! is not counted), PS3 (a word wakes one of two), PS4 (`empty` is said of a later look), PS5 (the end is
//! forgotten by the next word).

use core::marker::PhantomData;

use super::lock::{Exclude, Lock};
use super::waitq::{Waiter, Waitq, Withdrawn};
use crate::base::rank::Rank;
use crate::facade::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// The end came.
const ENDED: usize = 1;
/// One word.
const ONE: usize = 2;

/// No look at all.
const NO_LOOK: usize = usize::MAX;

/// The words that had come when somebody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look(usize);

/// What became of one who would wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Queued {
    /// It is queued, and the next word wakes it.
    Yes,
    /// A word has come since it looked: it must try again.
    No,
}

/// One direction of a descriptor, and those who wait for it. A waiter's data is its look.
pub(crate) struct PollSema<W, L = Lock<Waitq<Look, W>>> {
    seen: AtomicUsize,
    empty: AtomicUsize,
    waiters: L,
    wakers: PhantomData<fn() -> W>,
}

impl<W, L: Exclude<Waitq<Look, W>>> PollSema<W, L> {
    pub(crate) fn new() -> Self {
        Self {
            seen: AtomicUsize::new(0),
            empty: AtomicUsize::new(NO_LOOK),
            waiters: L::new(Rank::Poll, Waitq::new()),
            wakers: PhantomData,
        }
    }

    /// Makes it as new for the next owner, who alone uses it. Words for the last one may still come.
    pub(crate) fn renew(&self) {
        let _waiters = self.waiters.lock();
        // Relaxed: it changes under this lock; whoever gave it to the owner orders the rest.
        let seen = self.seen.load(Relaxed) & !ENDED;
        self.seen.store(seen, Relaxed);
        self.empty.store(NO_LOOK, Relaxed);
    }

    /// To be remembered before the operation is tried.
    #[inline]
    pub(crate) fn look(&self) -> Look {
        // ORDER Acquire: receives what the kernel had done before it said so.
        //   pairs    pollsema.tell.seen
        //   checked  loom pollsema::who_sees_a_word_finds_what_it_tells_of
        Look(self.seen.load(Acquire))
    }

    /// Whether trying is in vain: somebody tried after the same look, and nothing was left.
    #[inline]
    pub(crate) fn is_known_empty(&self, look: Look) -> bool {
        // Relaxed: who wrote it had looked as late as the caller, and tried later.
        look.0 & ENDED == 0 && self.empty.load(Relaxed) == look.0
    }

    /// Nothing was left when the caller tried after `look`.
    #[inline]
    pub(crate) fn note_empty(&self, look: Look) {
        // Relaxed: as above. A late look written over a later one makes somebody try in vain.
        self.empty.store(look.0, Relaxed);
    }

    /// Queues one whose operation was refused after `look`, which is the node's data.
    ///
    /// # Safety
    ///
    /// - If it was queued, the node stays where it is until its waker was used, or it was withdrawn.
    pub(crate) unsafe fn queue(&self, waiter: &Waiter<Look, W>, look: Look) -> Queued {
        let mut waiters = self.waiters.lock();
        // Relaxed: it changes under this lock.
        if self.seen.load(Relaxed) != look.0 {
            return Queued::No;
        }
        // SAFETY: as the caller says.
        unsafe { waiters.push_back(waiter) };
        Queued::Yes
    }

    /// The kernel says that it is worth trying, or that the end came. Wakes all who wait.
    pub(crate) fn tell(&self, is_end: bool, mut wake: impl FnMut(W)) {
        self.count(is_end);
        // progress: who waits again has the present look, and stays (I1).
        while let Some(waker) = self.pop() {
            wake(waker);
        }
    }

    fn count(&self, is_end: bool) {
        let _waiters = self.waiters.lock();
        // Relaxed: it changes under this lock.
        let seen = self.seen.load(Relaxed).wrapping_add(ONE) | if is_end { ENDED } else { 0 };
        // ORDER Release: publishes what the kernel has done.
        //   pairs    pollsema.look.seen
        //   checked  loom pollsema::who_sees_a_word_finds_what_it_tells_of
        self.seen.store(seen, Release);
    }

    /// Takes out one whose look is not the present one any more.
    fn pop(&self) -> Option<W> {
        let mut waiters = self.waiters.lock();
        // Relaxed: it changes under this lock.
        let now = Look(self.seen.load(Relaxed));
        waiters.pop_if(|&look| look != now, |_| ()).map(|((), waker)| waker)
    }

    /// Takes a waiter out that waits no longer. One that was woken has nothing to pass on: all were.
    pub(crate) fn withdraw(&self, waiter: &Waiter<Look, W>) -> Option<W> {
        match self.waiters.lock().withdraw(waiter) {
            Withdrawn::Queued(waker) => Some(waker),
            Withdrawn::WasWoken(_) | Withdrawn::Already => None,
        }
    }
}
