//! Mutual exclusion among goroutines and threads.
//!
//! A mutex that is freed while others wait is open to whoever comes first (barging: the one that
//! runs already needs no wake-up); one that has waited in vain several times is handed it directly,
//! so that nobody starves (Go's normal and starvation modes, internal/sync/mutex.go; Go switches by
//! time, 1 ms, we by the number of vain wake-ups, which needs no clock).

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::base::rank::Rank;
use crate::facade::{AtomicU32, Cell, Ordering::Relaxed, panicking, spin_hint, spins};
use crate::proto::lock::{Freed, Held, Lock};
use crate::sched::budget;
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::wait::Wait;

/// So many vain wake-ups, and a waiter is handed the mutex.
const PATIENCE: u32 = 1 + spins(3);

/// How often to look again before waiting: about the time of a short critical section.
const SPINS: u32 = 40;

/// As [`std::sync::Mutex`], blocking the goroutine instead of the thread. Its guard may be held at a
/// switch point.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use std::sync::Arc;
/// let total = Arc::new(gosched::sync::Mutex::new(0));
/// let handles: Vec<_> = (0..4)
///     .map(|i| {
///         let total = total.clone();
///         rt.go(move || *total.lock().unwrap() += i)
///     })
///     .collect();
/// handles.into_iter().for_each(|handle| handle.join().unwrap());
/// assert_eq!(*total.lock().unwrap(), 6);
/// # std::io::Result::Ok(())
/// ```
pub struct Mutex<T: ?Sized> {
    held: Held,
    /// 1 if a guard was dropped by a panic. Changed by the holder, and by whoever clears it; comes
    /// with the mutex.
    poisoned: AtomicU32,
    /// Those that wait, each counted in `held`.
    waiters: Lock<Waiters>,
    data: UnsafeCell<T>,
}

struct Waiters(VecDeque<NonNull<Waiter>>);

// SAFETY: the nodes lie on the stacks of those who wait, and belong to the lock until woken.
unsafe impl Send for Waiters {}
// SAFETY: the data moves between threads with the mutex; never shared.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: a shared mutex gives out its data to one at a time.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// One that waits, on its own stack.
struct Waiter {
    node: Cell<Node>,
}

struct Node {
    waker: Option<Waker>,
    /// It was handed the mutex.
    is_owner: bool,
    /// How often it was woken in vain.
    vain: u32,
}

/// The right to the data, until dropped.
#[must_use = "the mutex is free again as soon as the guard is dropped"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// Whether the thread was panicking already: then this guard does not poison.
    was_panicking: bool,
}

// SAFETY: two threads with a shared guard share the data.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    /// A free mutex.
    pub fn new(value: T) -> Self {
        Self {
            held: Held::new(),
            poisoned: AtomicU32::new(0),
            waiters: Lock::new(Rank::Mutex, Waiters(VecDeque::new())),
            data: UnsafeCell::new(value),
        }
    }

    /// The data.
    ///
    /// # Errors
    ///
    /// If a guard was dropped by a panic.
    pub fn into_inner(self) -> LockResult<T> {
        let is_poisoned = self.is_poisoned();
        poison(self.data.into_inner(), is_poisoned)
    }
}

fn poison<G>(guard: G, is_poisoned: bool) -> LockResult<G> {
    if is_poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the mutex and takes it. Blocks the goroutine or the thread; of one that holds it
    /// already, for ever.
    ///
    /// # Errors
    ///
    /// With the guard, if another guard was dropped by a panic.
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        budget::spend();
        if !self.held.try_take() {
            self.lock_slow();
        }
        self.guard()
    }

    #[cold]
    fn lock_slow(&self) {
        let mut vain = 0;
        loop {
            for _ in 0..spins(SPINS) {
                if self.held.is_free() && self.held.try_take() {
                    return;
                }
                spin_hint();
            }
            let Some(mut here) = Here::try_now() else {
                // Nobody may be left who could give it back, and it may have been given back.
                if self.held.try_take() {
                    return;
                }
                Here::settle();
                continue;
            };
            let waker = Some(here.waker());
            let waiter = Waiter { node: Cell::new(Node { waker, is_owner: false, vain }) };
            if !self.enqueue(&waiter, vain) {
                return;
            }
            here.park(Wait::Mutex);
            drop(here);
            // SAFETY: (exclusive) the node is ours again: its waker was used.
            if waiter.node.with(|node| unsafe { (*node).is_owner }) {
                return;
            }
            vain += 1;
        }
    }

    /// Queues one that waits, which has been woken in vain so often; false if it has the mutex now.
    fn enqueue(&self, waiter: &Waiter, vain: u32) -> bool {
        let mut waiters = self.waiters.lock();
        self.held.announce();
        if self.held.try_take() {
            self.held.withdraw();
            return false;
        }
        let node = NonNull::from_ref(waiter);
        if vain == 0 {
            waiters.0.push_back(node);
        } else {
            waiters.0.push_front(node); // it has had its turn in the queue
        }
        true
    }

    /// Takes the mutex if it is free. Does not block.
    ///
    /// # Errors
    ///
    /// If it is not free, or, with the guard, if another guard was dropped by a panic.
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        budget::spend();
        if self.held.try_take() {
            self.guard().map_err(TryLockError::Poisoned)
        } else {
            Err(TryLockError::WouldBlock)
        }
    }

    #[inline]
    fn guard(&self) -> LockResult<MutexGuard<'_, T>> {
        poison(MutexGuard { mutex: self, was_panicking: panicking() }, self.is_poisoned())
    }

    #[inline]
    fn unlock(&self) {
        if self.held.free() == Freed::Wanted {
            self.wake();
        }
    }

    /// Wakes the first that waits; one that has lost its patience is handed the mutex, unless
    /// somebody has it by now, who will come here in turn.
    #[cold]
    fn wake(&self) {
        let mut waiters = self.waiters.lock();
        let Some(first) = waiters.0.pop_front() else { return };
        // SAFETY: a queued node stays in place until its waker was used.
        let waiter = unsafe { first.as_ref() };
        // SAFETY: (exclusive) queued nodes belong to the lock.
        let is_owner = waiter.node.with(|node| unsafe { (*node).vain }) >= PATIENCE;
        if is_owner && !self.held.try_take() {
            waiters.0.push_front(first);
            return;
        }
        self.held.withdraw();
        drop(waiters);
        let waker = waiter.node.with_mut(|node| {
            // SAFETY: (exclusive) dequeued by us, and not woken yet.
            let node = unsafe { &mut *node };
            node.is_owner = is_owner;
            node.waker.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The data, without locking: the borrow says that nobody else has the mutex.
    ///
    /// # Errors
    ///
    /// With the data, if a guard was dropped by a panic.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let is_poisoned = self.is_poisoned();
        poison(self.data.get_mut(), is_poisoned)
    }

    /// Whether a guard was dropped by a panic.
    pub fn is_poisoned(&self) -> bool {
        // Relaxed: comes with the mutex.
        self.poisoned.load(Relaxed) != 0
    }

    /// Forgets that a guard was dropped by a panic.
    pub fn clear_poison(&self) {
        // Relaxed: comes with the mutex.
        self.poisoned.store(0, Relaxed);
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: (exclusive) the guard is the only one, and is borrowed.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: (exclusive) the guard is the only one, and is borrowed mutably.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if panicking() && !self.was_panicking {
            // Relaxed: comes with the mutex.
            self.mutex.poisoned.store(1, Relaxed);
        }
        self.mutex.unlock();
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => out.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => out.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => out.field("data", &"<locked>"),
        };
        out.finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
