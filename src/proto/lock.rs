//! The runtime's own mutual exclusion: one thread at a time holds the data; a thread that cannot
//! get it sleeps in the kernel.
//!
//! # In short
//!
//! Threads take turns at some data, and a thread that has to wait sleeps in the kernel. Two things
//! must hold: the next holder sees what the last one wrote, and no thread sleeps while the lock
//! stays free. The first holds because a holder frees the lock with Release and the next one takes
//! it with Acquire. For the second, a holder frees the lock, fences, and then looks for sleepers,
//! while a sleeper counts itself, fences, and then looks at the lock again. One of the two fences
//! comes first: either the holder sees the sleeper and wakes it, or the sleeper sees the free lock.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `held` | alternating: CAS to `HELD` while free, store of `FREE` while held | anyone; the holder |
//! | `sleepers` | RMW-only | threads that sleep or are about to |
//! | data | cell | the holder |
//!
//! A CAS of `held` that meets the holder's store either succeeds after it or fails and writes
//! nothing, so the word has one writer at a time.
//!
//! # Handshakes
//!
//! - Hand-over (MP): the holder's writes, `held = FREE` with Release; the next holder's CAS with
//!   Acquire.
//! - Wake-up (SB, asymmetric): the holder writes `held`, then reads `sleepers`; a sleeper writes
//!   `sleepers`, then reads `held` (its CAS and then the kernel's own look). Either the holder sees
//!   the sleeper and wakes it, or the sleeper sees the free lock. The fence is the light one on the
//!   holder's side, because an unlock is common, and the heavy one on the sleeper's, which is about
//!   to enter the kernel anyway.
//!
//! # Invariants
//!
//! - I1: at most one guard exists.
//! - I2: while a thread sleeps on a free lock, a wake-up is under way.
//!
//! # Why it holds
//!
//! I1: a guard is made by the CAS from `FREE` only, and `FREE` is written by the drop of a guard.
//!
//! I2: let a thread sleep. It counted itself, fenced, and then saw `HELD` (the CAS, and the kernel
//! again, in one step with falling asleep). The holder it saw will free the lock, fence, and look
//! at `sleepers`. Its fence comes after the sleeper's, or the sleeper would have seen the free
//! word; so it sees the count and wakes one. If another thread takes the lock before the woken one,
//! then the woken one sleeps again, still counted, and the overtaker's unlock is the next to look.
//! The woken one gives its count back only once it has the lock, so its own unlock still sees those
//! that sleep beside it.
//!
//! Nothing keeps a sleeper from being overtaken again and again; critical sections are too short
//! and too rare for that to matter.
//!
//! # Rejected
//!
//! The three-state word of Go's `lock_futex.go` and std costs a second locked instruction for each
//! unlock: twice the time (RESEARCH.md, 6). Its bug class stays with us and is a mutant: an unlock
//! that does not look at the sleepers (MU1).
//!
//! The lock is held only inside the scheduler and for a few instructions, never across a switch of
//! stacks, so a holder is delayed only by the operating system.
//!
//! # Ranking
//!
//! Each lock has a [`Rank`], which says under which locks it may be taken. A debug build keeps the
//! ranks that a thread holds in a thread-local. A lock taken out of order ends the process with
//! both names, before the thread waits for it. A lock is given back on the thread that took it:
//! there is no switch in between. A release build keeps no ranks (mutant LR1: a lock taken out of
//! order in the scheduler).
//!
//! # Suites
//!
//! `verify/loom/lock.rs`: two threads once each, and a thread that finds it held, without a bound;
//! two threads twice each, within 4 preemptions; three threads within 3. `verify/shuttle/lock.rs`:
//! the same, and a crowd of six at random. Mutants beside the weakened sites: MU1 (the unlock does
//! not look), MU2 (it looks too early), MU3 (the CAS is relaxed), MU5 (the sleeper counts itself
//! after its look), MU6 (it gives its count back too early).

use core::cell::Cell as OwnCell;
use core::ops::{Deref, DerefMut};

use crate::base::rank::{Rank, Ranks};
use crate::base::throw;
use crate::facade::process::{GONE, is_stranded};
use crate::facade::{
    AtomicU32, Cell, Futex,
    Ordering::{Acquire, Relaxed, Release},
    const_if_real, fence_heavy, fence_light, spin_hint, spins, tls,
};

const FREE: u32 = 0;
const HELD: u32 = 1;

/// How often a thread looks again before it sleeps.
const ROUNDS: u32 = 5;

/// How long it waits before the first look. It waits twice as long before each further look,
/// because a look takes the cache line from the holder.
const FIRST_PAUSE: u32 = 32;

/// The words: whether it is held, and whether others wait. [`Lock`] adds the data and the sleeping;
/// the mutex of the API adds goroutines that park.
pub(crate) struct Held {
    word: Futex,
    sleepers: AtomicU32,
}

/// Whether a waiter must be woken after a lock was freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Freed {
    /// No waiter needs a wake-up.
    Unwanted,
    /// A waiter must be woken.
    Wanted,
}

impl Held {
    const_if_real! {
        pub(crate) fn new() -> Self {
            Self { word: Futex::new(FREE), sleepers: AtomicU32::new(0) }
        }
    }

    /// Takes it if it is free.
    #[inline]
    pub(crate) fn try_take(&self) -> bool {
        // ORDER Acquire: receives what the last holder wrote.
        //   pairs    lock.free.word
        //   checked  loom lock::the_next_holder_sees_what_the_last_one_wrote
        self.word.word().compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    /// Whether it looks free; a hint.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        // Relaxed: hint, `try_take` decides.
        self.word.word().load(Relaxed) == FREE
    }

    /// Counts the caller among the waiters. It must look once more before it sleeps.
    pub(crate) fn announce(&self) {
        // Relaxed: the fence below orders it.
        self.sleepers.fetch_add(1, Relaxed);
        // ORDER fence (SB with lock.free.fence).
        //   mine   write sleepers, then read word
        //   other  write word, then read sleepers
        //   Mine first: the holder sees a sleeper and wakes it. Other first: we find it free.
        //   checked  loom lock::a_sleeper_is_woken
        fence_heavy();
    }

    /// A counted waiter has the lock, or was woken.
    pub(crate) fn withdraw(&self) {
        // Relaxed: statistic from here on; a holder that still sees it makes one wake-up too many.
        self.sleepers.fetch_sub(1, Relaxed);
    }

    /// Frees it.
    #[inline]
    pub(crate) fn free(&self) -> Freed {
        // ORDER Release: publishes what the holder wrote.
        //   pairs    lock.try_take.word
        //   checked  loom lock::the_next_holder_sees_what_the_last_one_wrote
        self.word.word().store(FREE, Release);
        // ORDER fence (SB with lock.announce.fence).
        //   mine   write word, then read sleepers
        //   other  write sleepers, then read word
        //   Mine first: the sleeper finds it free. Other first: we see it and wake it.
        //   checked  loom lock::a_sleeper_is_woken
        fence_light();
        if self.sleepers.load(Relaxed) == 0 { Freed::Unwanted } else { Freed::Wanted }
    }
}

/// Where this thread keeps the ranks that it holds.
pub(crate) fn place_of_ranks() -> usize {
    ranks(|ranks| core::ptr::from_ref(ranks).addr()).unwrap_or(0)
}

/// How many ranks a lock has: one, and in a release build none.
const RANKED: usize = cfg!(debug_assertions) as usize;

tls! {
    /// The ranks of the locks that this thread holds; it has no destructor, so it is there to the
    /// end.
    fn ranks: OwnCell<Ranks> = OwnCell::new(Ranks::NONE)
}

/// Notes that this thread holds a lock, or is about to wait for it.
fn rank(taken: Rank) {
    // A checker's thread-locals end before its threads do: then nothing is noted.
    ranks(|ranks| match ranks.get().with(taken) {
        Ok(with) => ranks.set(with),
        Err(breach) => throw!("{breach}"),
    });
}

/// Notes that this thread gives a lock back.
fn unrank(given_back: Rank) {
    ranks(|ranks| ranks.set(ranks.get().without(given_back)));
}

/// Data that one thread at a time may touch.
pub(crate) struct Lock<D> {
    held: Held,
    rank: [Rank; RANKED],
    data: Cell<D>,
}

// SAFETY: the data moves between threads with the lock (Send); two threads never share it.
unsafe impl<D: Send> Send for Lock<D> {}
// SAFETY: as above: a shared lock gives out its data to one thread at a time.
unsafe impl<D: Send> Sync for Lock<D> {}

/// The right to the data, until dropped.
pub(crate) struct Guard<'a, D> {
    lock: &'a Lock<D>,
    data: *mut D,
}

/// What keeps data to one thread at a time: [`Lock`]. The models of protocols that rest on it may
/// use a lock that is taken in one step, so that they need not explore the steps of [`Lock`].
pub(crate) trait Exclude<D> {
    /// The right to the data.
    type Guard<'a>: DerefMut<Target = D>
    where
        Self: 'a;

    fn new(rank: Rank, data: D) -> Self;

    fn lock(&self) -> Self::Guard<'_>;
}

impl<D> Exclude<D> for Lock<D> {
    type Guard<'a>
        = Guard<'a, D>
    where
        D: 'a;

    fn new(rank: Rank, data: D) -> Self {
        Self::new(rank, data)
    }

    fn lock(&self) -> Guard<'_, D> {
        self.lock()
    }
}

impl<D> Lock<D> {
    const_if_real! {
        pub(crate) fn new(rank: Rank, data: D) -> Self {
            Self { held: Held::new(), rank: [rank; RANKED], data: Cell::new(data) }
        }
    }

    /// Waits for the lock and takes it.
    #[inline]
    pub(crate) fn lock(&self) -> Guard<'_, D> {
        self.rank.into_iter().for_each(rank);
        if !self.held.try_take() {
            self.lock_slow();
        }
        // The pointer stays good after the closure; the access is marked here and at the unlock,
        // which is where a race would show.
        Guard { lock: self, data: self.data.with_mut(|data| data) }
    }

    #[cold]
    fn lock_slow(&self) {
        for round in 0..spins(ROUNDS) {
            (0..FIRST_PAUSE << round).for_each(|_| spin_hint());
            if self.held.is_free() && self.held.try_take() {
                return;
            }
        }
        self.held.announce();
        // Progress: the holder frees the lock and then sees us.
        while !self.held.try_take() {
            // A thread that has ended since may have freed it.
            if is_stranded() && !self.held.is_free() {
                throw!("{GONE}"); // its holder is in another process
            }
            self.held.word.wait(HELD);
        }
        self.held.withdraw();
    }

    #[inline]
    fn unlock(&self) {
        if self.held.free() == Freed::Wanted {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        self.held.word.wake_one();
    }
}

impl<D> Deref for Guard<'_, D> {
    type Target = D;

    #[inline]
    fn deref(&self) -> &D {
        // SAFETY: (exclusive) the guard is the only one (I1) and is borrowed.
        unsafe { &*self.data }
    }
}

impl<D> DerefMut for Guard<'_, D> {
    #[inline]
    fn deref_mut(&mut self) -> &mut D {
        // SAFETY: (exclusive) the guard is the only one (I1) and is borrowed mutably.
        unsafe { &mut *self.data }
    }
}

impl<D> Drop for Guard<'_, D> {
    #[inline]
    fn drop(&mut self) {
        self.lock.data.with_mut(|_| ());
        self.lock.rank.into_iter().for_each(unrank);
        self.lock.unlock();
    }
}
