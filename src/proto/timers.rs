//! The timers of one processor: a heap under a lock, and a word that tells the earliest deadline to those who
//! do not take the lock.
//!
//! # In short
//!
//! A goroutine that waits for a moment puts a timer into its processor's heap. Whoever looks for work there
//! takes out the timers whose time has come, each once. A thread that wants to sleep reads the earliest
//! deadline of every processor without its lock. It could read a word just before an earlier deadline is
//! written there; how that is noticed is told in [`pollbreak`](super::pollbreak).
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `when` | under the lock; read by anybody, who may be late | who changes the heap |
//! | a timer's `home` | under the lock of the heap that it names; read by who will take that lock | who adds, moves, takes out |
//! | a timer's place, and what it holds | under the lock of the heap that it is in; else its owner's | the same |
//!
//! # Invariants
//!
//! - I1: a timer is in the heap that its `home` names, or in none and `home` is `NOWHERE`.
//! - I2: what a timer holds leaves it once: to who fires it or to who removes it.
//! - I3: with the lock free, `when` is the heap's least key, and `NEVER` if it is empty.
//! - I4: a heap names timers that stay in place: a timer's owner removes it before it goes. It goes only when
//!   `home` says `NOWHERE`, which who fires the timer writes last of all. So whoever fires one touches it, and
//!   what it holds points to, only before that.
//!
//! # Handshake
//!
//! The lock orders everything but `when`, which is a hint for all but the sleeper, and an owner that finds
//! `NOWHERE` without the lock: a Release of who fired it and the owner's Acquire say that it is done with it.
//! A timer that is moved to another heap is in none for a moment; who removes it then waits for the mover.
//!
//! # Source
//!
//! Go's `timers`, `adjust`, `wakeTime` (`runtime/time.go`). Go marks a stopped timer and cleans up later,
//! because taking one out of the middle was thought to be dear; here a timer knows its place.
//!
//! # Suites
//!
//! `verify/loom/timers.rs`, `verify/shuttle/timers.rs`: fire beside remove beside move. Mutants TI1 (who fires
//! does not claim), TI2 (a timer that fires stays in the heap), TI3 (`when` is not
//! renewed), TI4 (one is added after the end), TI5 (the timers of a processor that goes stay with it), TI6
//! (who fires a timer touches it when it is its owner's again).

use core::ptr::NonNull;

use super::lock::Lock;
use crate::base::heap::{Heap, Seated};
use crate::base::rank::Rank;
use crate::facade::{
    AtomicU32, AtomicUsize, Cell,
    Ordering::{Acquire, Relaxed, Release},
    spin_hint,
};

/// No deadline.
pub(crate) const NEVER: u64 = u64::MAX;

/// The home of a timer that is in no heap,
const NOWHERE: u32 = u32::MAX;
/// and of one that is about to be in another.
const MOVES: u32 = u32::MAX - 1;

/// A timer: what fires when its time has come.
pub(crate) struct Timer<T> {
    home: AtomicU32,
    node: Cell<Node<T>>,
}

struct Node<T> {
    seat: usize,
    fires: Option<T>,
}

// SAFETY: the lock of its heap says who touches the node.
unsafe impl<T: Send> Sync for Timer<T> {}
// SAFETY: as above; it is moved only while it is in no heap.
unsafe impl<T: Send> Send for Timer<T> {}

impl<T> Seated for Timer<T> {
    fn sit(&self, seat: usize) {
        // SAFETY: (exclusive) the heap's lock is held.
        self.node.with_mut(|node| unsafe { (*node).seat = seat });
    }
}

impl<T> Timer<T> {
    pub(crate) fn new() -> Self {
        let node = Cell::new(Node { seat: 0, fires: None });
        Self { home: AtomicU32::new(NOWHERE), node }
    }

    /// It is in another heap, or in none: then it is its owner's, and the caller is done with it.
    fn set_home(&self, home: u32) {
        // ORDER Release: publishes that who fired it has touched it for the last time.
        //   pairs    timers.home.home
        //   checked  loom timers::a_timer_is_its_owners_again_once_it_is_removed
        self.home.store(home, Release);
    }

    /// The heap that it is in; `None` if it is in none. Waits for one who moves it.
    pub(crate) fn home(&self) -> Option<u32> {
        loop {
            // ORDER Acquire: who fired it is done with it.
            //   pairs    timers.set_home.home
            //   checked  loom timers::a_timer_is_its_owners_again_once_it_is_removed
            match self.home.load(Acquire) {
                NOWHERE => return None,
                MOVES => spin_hint(), // progress: the mover puts it into the other heap
                home => return Some(home),
            }
        }
    }

    fn seat(&self) -> usize {
        // SAFETY: the heap's lock is held.
        self.node.with(|node| unsafe { (*node).seat })
    }

    fn replace(&self, fires: Option<T>) -> Option<T> {
        // SAFETY: (exclusive) the heap's lock is held, or the timer is in none and its owner's.
        self.node.with_mut(|node| unsafe { core::mem::replace(&mut (*node).fires, fires) })
    }
}

/// The timers of one processor.
pub(crate) struct Timers<T> {
    state: Lock<State<T>>,
    when: AtomicUsize,
}

struct State<T> {
    heap: Heap<Timer<T>>,
    /// Whether the runtime has ended: nothing is added any more.
    is_closed: bool,
}

impl<T: Send> Timers<T> {
    pub(crate) fn new() -> Self {
        let state = State { heap: Heap::new(), is_closed: false };
        Self { state: Lock::new(Rank::Timers, state), when: AtomicUsize::new(word(NEVER)) }
    }

    /// The earliest deadline, as far as one look can tell.
    #[inline]
    pub(crate) fn when(&self) -> u64 {
        // Relaxed: hint; the sleeper fences first (`pollbreak`).
        self.when.load(Relaxed) as u64
    }

    /// Adds a timer that is in no heap. The caller then tells the sleeper. After the end of the runtime
    /// nothing is added, and what would have fired is dropped.
    ///
    /// # Safety
    ///
    /// - `home` is this heap's number.
    /// - The timer stays where it is until it has fired or [`remove`](Self::remove) has returned.
    pub(crate) unsafe fn add(&self, home: u32, timer: &Timer<T>, when: u64, fires: T) {
        let mut state = self.state.lock();
        if state.is_closed {
            drop(state);
            drop(fires);
            return;
        }
        timer.replace(Some(fires));
        timer.set_home(home);
        // SAFETY: as the caller says.
        unsafe { state.heap.push(when.min(NEVER - 1), NonNull::from_ref(timer)) };
        self.renew(&state);
    }

    /// Nothing is added from here on; returns what is left, one after the other.
    pub(crate) fn close(&self) -> impl Iterator<Item = T> + '_ {
        self.state.lock().is_closed = true;
        core::iter::from_fn(|| self.pop_due(NEVER, |_| true))
    }

    /// Takes a timer out, with what it would have fired; `None` if it is not here by now.
    pub(crate) fn remove(&self, home: u32, timer: &Timer<T>) -> Option<T> {
        let mut state = self.state.lock();
        // Relaxed: it changes under this lock, if it is this heap's number.
        if timer.home.load(Relaxed) != home {
            return None;
        }
        state.heap.remove(timer.seat());
        let fires = timer.replace(None);
        timer.set_home(NOWHERE);
        self.renew(&state);
        fires
    }

    /// Takes out a timer whose time has come, and that is the caller's to fire. `claim` is asked with the
    /// lock held; a timer that it refuses goes, because another has ended that wait.
    pub(crate) fn pop_due(&self, now: u64, mut claim: impl FnMut(&T) -> bool) -> Option<T> {
        let mut state = self.state.lock();
        let mut mine = None;
        while mine.is_none()
            && state.heap.first().is_some_and(|when| when <= now)
            && let Some(at) = state.heap.pop()
        {
            // SAFETY: it was in the heap, and stays in place until its home is nowhere (I4).
            let timer = unsafe { at.as_ref() };
            mine = timer.replace(None).filter(&mut claim);
            timer.set_home(NOWHERE);
        }
        self.renew(&state);
        mine
    }

    /// Moves all timers to another processor's heap, whose number is `home`.
    pub(crate) fn move_to(&self, other: &Self, home: u32) {
        let mut moving = Heap::new();
        {
            let mut state = self.state.lock();
            core::mem::swap(&mut state.heap, &mut moving);
            moving.for_each(|timer| timer.set_home(MOVES));
            self.renew(&state);
        }
        let mut state = other.state.lock();
        while let Some((when, at)) = moving.pop_with_key() {
            // SAFETY: it was in the heap: its owner waits for us before it goes.
            unsafe { state.heap.push(when, at) };
            // SAFETY: as above.
            unsafe { at.as_ref() }.set_home(home);
        }
        other.renew(&state);
    }

    /// How many there are; they change as soon as they are counted.
    pub(crate) fn len(&self) -> usize {
        self.state.lock().heap.len()
    }

    /// Tells the earliest deadline (I3). The lock is held.
    fn renew(&self, state: &State<T>) {
        // Relaxed: see `when`.
        self.when.store(word(state.heap.first().unwrap_or(NEVER)), Relaxed);
    }
}

/// A moment as a word.
pub(super) fn word(ns: u64) -> usize {
    const { assert!(usize::BITS == u64::BITS) };
    #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
    let word = ns as usize;
    word
}
