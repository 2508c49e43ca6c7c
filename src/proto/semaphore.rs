//! Permits that are taken and given back, in the order of those who ask. A lock that many may read and
//! one may write is made of the same: a reader takes one permit, a writer takes all.
//!
//! # In short
//!
//! A caller takes its permits with one step, if they are there and nobody waits. Otherwise it queues. From
//! then on nobody takes permits past the queue, so the first waiter gets its permits as soon as there are
//! enough, however many it wants and whoever else comes. Whoever gives permits back sees in the same step
//! that somebody waits, and then serves the queue from its front. So a permit never lies idle that the
//! first waiter would need.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `word` | RMW-only | anyone adds permits; who finds `QUEUED` unset takes them; the rest is under the lock |
//! | the queue | under the lock | who queues, who serves, who withdraws |
//!
//! The lowest bit of `word` is `QUEUED`, the others are the number of permits that nobody has.
//!
//! ```text
//!   QUEUED unset, n permits     try_take, give: no lock
//!      |            ^
//!      | too few:   | the queue is empty (serve, withdraw)
//!      | queues     |
//!      v            |
//!   QUEUED set, n permits       give: adds, then serves under the lock. Nobody else takes any.
//! ```
//!
//! # Invariants
//!
//! - I1: under the lock, `QUEUED` is set exactly while the queue holds a waiter.
//! - I2: with `QUEUED` set, permits are taken only under the lock. So what a server has counted stays there.
//! - I3: with `QUEUED` set and enough permits for the first waiter, a server has the lock or is about to
//!   take it.
//! - I4: a waiter that was woken has its permits. If it will never run again, they are given back.
//!
//! # Handshake
//!
//! MP: who gives permits back has used what they guard, and adds them with Release. Who takes them does so
//! with Acquire, itself or by its server; the server's lock and the wake-up bring it to the waiter. All
//! changes of `word` are read-modify-writes, so a later one keeps what an earlier one has published: a
//! writer that takes all permits sees what each reader did.
//!
//! # Why it holds
//!
//! I3: a waiter sets `QUEUED` and finds too few permits in one step. So whoever brings what is missing
//! changes `word` later, sees `QUEUED`, and serves. Two more changes can make the first waiter's permits
//! enough: the waiter before it was served, or it went. Both happen under the lock, and the server or the
//! one that withdrew looks at the next before it is done.
//!
//! A waiter whose wait another ended (a time-out) may still be queued, and hold up the others: it withdraws
//! as soon as it runs, and then serves.
//!
//! # Rejected
//!
//! Permits for whoever comes first, as [`lock`](super::lock) and the mutex have it. A waiter that wants many
//! would starve, and a writer beside many readers. Permits that are kept for the first waiter as they come
//! (tokio's): they lie idle if it goes, and have to be given on.
//!
//! # Source
//!
//! tokio's `batch_semaphore`, for the order and for a lock made of permits. Go's `sync.RWMutex` lets the
//! readers that wait go before the next writer, and a writer before readers that come later; the same
//! follows from the order here.
//!
//! # Suites
//!
//! `verify/loom/semaphore.rs`, `verify/shuttle/semaphore.rs`, and `rwlock` beside both: two and three who
//! take and give, one who withdraws, an end, a time-out. Mutants SE1 (who gives does not look for waiters),
//! SE2 (permits are taken past the queue), SE3 (who withdraws serves nobody), SE4 (a server serves one), SE5
//! (what a dead waiter had is lost), SE6 (permits are taken away beside a server), SE7 (it stays noted that
//! somebody waits); RW1 to RW3 break the lock that is made of them.

use core::marker::PhantomData;

use super::lock::{Exclude, Lock};
use super::waitq::{Waiter, Waitq, Withdrawn};
use crate::base::rank::Rank;
use crate::facade::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
    const_if_real,
};

/// Somebody waits.
const QUEUED: usize = 1;
/// One permit.
const ONE: usize = 2;

/// The most permits that there can be. A word has room for more: what many give at once is not lost.
pub(crate) const MAX: usize = usize::MAX >> 3;

/// Permits, and those who wait for some. A waiter's data is how many it wants.
pub(crate) struct Semaphore<W, L = Lock<Waitq<usize, W>>> {
    word: AtomicUsize,
    waiters: L,
    wakers: PhantomData<fn() -> W>,
}

/// What became of a caller that took permits or queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Taken {
    /// It has them, and is not queued.
    Now,
    /// It is queued. Whoever wakes it has given it the permits.
    Queued,
}

/// The word after `n` permits were taken, if they are there and nobody waits.
fn after(word: usize, n: usize) -> Option<usize> {
    if word & QUEUED == 0 { word.checked_sub(n * ONE) } else { None }
}

impl<W> Semaphore<W> {
    const_if_real! {
        /// `permits` of them, at most [`MAX`].
        pub(crate) fn new(rank: Rank, permits: usize) -> Self {
            let waiters = Lock::new(rank, Waitq::new());
            Self { word: AtomicUsize::new(permits * ONE), waiters, wakers: PhantomData }
        }
    }
}

impl<W, L: Exclude<Waitq<usize, W>>> Semaphore<W, L> {
    /// Like [`new`](Semaphore::new), with a lock of another kind.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn under(waiters: L, permits: usize) -> Self {
        Self { word: AtomicUsize::new(permits * ONE), waiters, wakers: PhantomData }
    }

    /// How many permits nobody has; a hint.
    pub(crate) fn available(&self) -> usize {
        // Relaxed: hint, whoever takes them decides.
        self.word.load(Relaxed) / ONE
    }

    /// Whether [`try_take`](Self::try_take) could succeed; a hint.
    pub(crate) fn has(&self, n: usize) -> bool {
        // Relaxed: hint, `try_take` decides.
        after(self.word.load(Relaxed), n).is_some()
    }

    /// Takes `n` permits, if they are there and nobody waits.
    #[inline]
    pub(crate) fn try_take(&self, n: usize) -> bool {
        // Relaxed: first-load.
        let mut word = self.word.load(Relaxed);
        // progress: an exchange fails because another one succeeded.
        while let Some(next) = after(word, n) {
            // ORDER Acquire: receives what those did who gave the permits back.
            //   pairs    semaphore.give.word
            //   checked  loom semaphore::who_takes_a_permit_sees_what_its_last_holder_did
            match self.word.compare_exchange(word, next, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Takes `n` permits, or queues the waiter, whose data is `n`.
    ///
    /// # Safety
    ///
    /// - If it was queued, the node stays where it is until its waker was used, or it was withdrawn.
    pub(crate) unsafe fn take_or_queue(&self, waiter: &Waiter<usize, W>, n: usize) -> Taken {
        let mut waiters = self.waiters.lock();
        // Relaxed: first-load.
        let mut word = self.word.load(Relaxed);
        // progress: as in `try_take`.
        while word & QUEUED == 0 {
            let next = after(word, n);
            // ORDER Acquire: as in `try_take`.
            //   pairs    semaphore.give.word
            //   checked  loom semaphore::who_finds_a_permit_under_the_lock_sees_what_its_last_holder_did
            match self.word.compare_exchange(word, next.unwrap_or(word | QUEUED), Acquire, Relaxed)
            {
                Ok(_) if next.is_some() => return Taken::Now,
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        // SAFETY: as the caller says.
        unsafe { waiters.push_back(waiter) };
        Taken::Queued
    }

    /// Gives `n` permits back that were taken, and serves those who wait for them.
    #[inline]
    pub(crate) fn give(&self, n: usize, wake: impl FnMut(W)) {
        // ORDER Release: publishes what their holder did.
        //   pairs    semaphore.try_take.word, semaphore.next.word
        //   checked  loom semaphore::who_takes_a_permit_sees_what_its_last_holder_did
        if self.word.fetch_add(n * ONE, Release) & QUEUED != 0 {
            self.serve(wake);
        }
    }

    /// Adds `n` permits, taken before or new ones, but not more than fit beside those that are there: there
    /// are at most [`MAX`]. Returns how many were added.
    pub(crate) fn add(&self, n: usize, wake: impl FnMut(W)) -> usize {
        // Relaxed: first-load.
        let mut word = self.word.load(Relaxed);
        loop {
            let n = n.min(MAX - word / ONE);
            // progress: as in `try_take`.
            // ORDER Release: as in `give`.
            //   pairs    semaphore.try_take.word, semaphore.next.word
            //   checked  loom semaphore::who_gets_an_added_permit_sees_what_was_done_before
            match self.word.compare_exchange(word, word + n * ONE, Release, Relaxed) {
                Ok(_) if word & QUEUED != 0 => {
                    self.serve(wake);
                    return n;
                }
                Ok(_) => return n,
                Err(now) => word = now,
            }
        }
    }

    /// Takes up to `n` permits away from those that nobody has. Returns how many.
    pub(crate) fn forget(&self, n: usize) -> usize {
        let _waiters = self.waiters.lock(); // I2: a server counts on what it has seen
        // Relaxed: first-load.
        let mut word = self.word.load(Relaxed);
        loop {
            let n = n.min(word / ONE);
            // progress: as in `try_take`.
            // Relaxed: nobody has what they guard.
            match self.word.compare_exchange(word, word - n * ONE, Relaxed, Relaxed) {
                Ok(_) => return n,
                Err(now) => word = now,
            }
        }
    }

    /// Takes a waiter out that waits no longer, and serves those behind it. If it was given its permits,
    /// they are the caller's.
    pub(crate) fn withdraw(
        &self,
        waiter: &Waiter<usize, W>,
        wake: impl FnMut(W),
    ) -> Withdrawn<usize, W> {
        let mut waiters = self.waiters.lock();
        let was_queued = !waiters.is_empty();
        let withdrawn = waiters.withdraw(waiter);
        if was_queued && waiters.is_empty() {
            // Relaxed: it says only that nobody waits.
            self.word.fetch_sub(QUEUED, Relaxed);
        }
        drop(waiters);
        self.serve(wake);
        withdrawn
    }

    /// Gives permits to those who wait, from the front, as long as there are enough for the next.
    #[cold]
    fn serve(&self, mut wake: impl FnMut(W)) {
        // progress: each turn takes one out.
        while let Some(waker) = self.next() {
            wake(waker);
        }
    }

    /// Takes out the first waiter, with its permits.
    fn next(&self) -> Option<W> {
        let mut waiters = self.waiters.lock();
        if waiters.is_empty() {
            return None;
        }
        // ORDER Acquire: receives what those did who gave the permits back; the wake-up passes it on.
        //   pairs    semaphore.give.word, semaphore.add.word
        //   checked  loom semaphore::two_who_give_serve_one_who_wants_both
        let available = self.word.load(Acquire) / ONE;
        let served = waiters.pop_if(|&wanted| wanted <= available, |&mut wanted| wanted);
        let taken = served.as_ref().map_or(0, |&(wanted, _)| wanted * ONE);
        let unqueued = if waiters.is_empty() { QUEUED } else { 0 };
        // Relaxed: received above; others see it by the lock and the wake-up.
        self.word.fetch_sub(taken + unqueued, Relaxed);
        served.map(|(_, waker)| waker)
    }
}
