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

use crate::facade::{Cell, panicking, spin_hint, spins};
use crate::proto::lock::Lock;
use crate::sched::here::{Here, Waker};

/// So many vain wake-ups, and a waiter is handed the mutex.
const PATIENCE: u32 = 4;

/// How often to look again before waiting: about the time of a short critical section.
const SPINS: u32 = spins(40);

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
    state: Lock<State>,
    data: UnsafeCell<T>,
}

struct State {
    is_locked: bool,
    is_poisoned: bool,
    waiters: VecDeque<NonNull<Waiter>>,
}

// SAFETY: the nodes lie on the stacks of those who wait, and belong to the lock until woken.
unsafe impl Send for State {}
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
            state: Lock::new(State {
                is_locked: false,
                is_poisoned: false,
                waiters: VecDeque::new(),
            }),
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
        let mut state = self.state.lock();
        if state.is_locked {
            drop(state);
            return self.lock_slow();
        }
        state.is_locked = true;
        self.guard(state.is_poisoned)
    }

    #[cold]
    fn lock_slow(&self) -> LockResult<MutexGuard<'_, T>> {
        let mut vain = 0;
        let mut spins_left = SPINS;
        loop {
            let mut state = self.state.lock();
            if !state.is_locked {
                state.is_locked = true;
                return self.guard(state.is_poisoned);
            }
            if spins_left > 0 {
                drop(state);
                spins_left -= 1;
                spin_hint();
                continue;
            }
            let Some(mut here) = Here::try_now() else {
                drop(state);
                Here::settle();
                continue;
            };
            let waker = Some(here.waker());
            let waiter = Waiter { node: Cell::new(Node { waker, is_owner: false, vain }) };
            let node = NonNull::from_ref(&waiter);
            if vain == 0 {
                state.waiters.push_back(node);
            } else {
                state.waiters.push_front(node); // it has had its turn in the queue
            }
            drop(state);
            here.park();
            drop(here);
            // SAFETY: (exclusive) the node is ours again: its waker was used.
            if waiter.node.with(|node| unsafe { (*node).is_owner }) {
                let is_poisoned = self.is_poisoned();
                return self.guard(is_poisoned);
            }
            vain += 1;
        }
    }

    /// Takes the mutex if it is free. Does not block.
    ///
    /// # Errors
    ///
    /// If it is not free, or, with the guard, if another guard was dropped by a panic.
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let mut state = self.state.lock();
        if state.is_locked {
            return Err(TryLockError::WouldBlock);
        }
        state.is_locked = true;
        self.guard(state.is_poisoned).map_err(TryLockError::Poisoned)
    }

    #[inline]
    fn guard(&self, is_poisoned: bool) -> LockResult<MutexGuard<'_, T>> {
        poison(MutexGuard { mutex: self, was_panicking: panicking() }, is_poisoned)
    }

    #[inline]
    fn unlock(&self, poisons: bool) {
        let mut state = self.state.lock();
        state.is_poisoned |= poisons;
        let Some(waiter) = state.waiters.pop_front() else {
            state.is_locked = false;
            return;
        };
        // SAFETY: a queued node stays in place until its waker was used.
        let waiter = unsafe { waiter.as_ref() };
        let (waker, is_owner) = waiter.node.with_mut(|node| {
            // SAFETY: (exclusive) queued nodes belong to the lock.
            let node = unsafe { &mut *node };
            node.is_owner = node.vain >= PATIENCE;
            (node.waker.take(), node.is_owner)
        });
        state.is_locked = is_owner;
        drop(state);
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
        self.state.lock().is_poisoned
    }

    /// Forgets that a guard was dropped by a panic.
    pub fn clear_poison(&self) {
        self.state.lock().is_poisoned = false;
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
        self.mutex.unlock(!self.was_panicking && panicking());
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
