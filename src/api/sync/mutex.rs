//! Mutual exclusion among goroutines and threads.
//!
//! A mutex that is freed while others wait is open to whoever comes first (barging: the one that
//! runs already needs no wake-up); one that has waited in vain several times is handed it directly,
//! so that nobody starves (Go's normal and starvation modes, internal/sync/mutex.go; Go switches by
//! time, 1 ms, we by the number of vain wake-ups, which needs no clock).

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::panic::Location;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::base::rank::Rank;
use crate::facade::{AtomicU32, Ordering::Relaxed, const_if_real, panicking, spin_hint, spins};
use crate::proto::lock::{Freed, Held, Lock};
use crate::proto::waitq::{Waiter, Waitq, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::{self, Here};
use crate::sched::wait::{Abandon, Wait};

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
    waiters: Lock<Waitq<Turn, Waker>>,
    data: UnsafeCell<T>,
}

// SAFETY: the data moves between threads with the mutex; never shared.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: a shared mutex gives out its data to one at a time.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

/// What one that waits knows of its turn.
#[derive(Clone, Copy)]
struct Turn {
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
    const_if_real! {
        /// A free mutex.
        pub fn new(value: T) -> Self {
            Self {
                held: Held::new(),
                poisoned: AtomicU32::new(0),
                waiters: Lock::new(Rank::Mutex, Waitq::new()),
                data: UnsafeCell::new(value),
            }
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
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let mut here = Here::arrive();
        if !self.held.try_take() {
            self.lock_slow(&mut here);
        }
        drop(here);
        self.guard()
    }

    #[cold]
    #[track_caller]
    fn lock_slow(&self, here: &mut Here) {
        let mut vain = 0;
        while !self.spin() {
            if let Some(refusal) = here.refusal() {
                refusal.panic();
            }
            let waiter = Waiter::new(Turn { is_owner: false, vain }, here.waker());
            if !self.enqueue(&waiter, vain) {
                return;
            }
            let wait = ForTheMutex { held: &self.held, waiters: &self.waiters, waiter: &waiter };
            here.park(Wait::Mutex, Location::caller(), &wait);
            if waiter.into_data().is_owner {
                return;
            }
            vain += 1;
        }
    }

    /// Tries for a while; true if the mutex was taken.
    fn spin(&self) -> bool {
        for _ in 0..spins(SPINS) {
            if self.held.is_free() && self.held.try_take() {
                return true;
            }
            spin_hint();
        }
        false
    }

    /// Queues one that waits, which has been woken in vain so often; false if it has the mutex now.
    fn enqueue(&self, waiter: &Waiter<Turn, Waker>, vain: u32) -> bool {
        let mut waiters = self.waiters.lock();
        self.held.announce();
        if self.held.try_take() {
            self.held.withdraw();
            return false;
        }
        if vain == 0 {
            // SAFETY: the node stays where it is until its waker was used, or for ever.
            unsafe { waiters.push_back(waiter) };
        } else {
            // It has had its turn in the queue.
            // SAFETY: as above.
            unsafe { waiters.push_front(waiter) };
        }
        true
    }

    /// Takes the mutex if it is free. Does not block.
    ///
    /// # Errors
    ///
    /// If it is not free, or, with the guard, if another guard was dropped by a panic.
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        here::owe();
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
        unlock(&self.held, &self.waiters);
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

#[inline]
fn unlock(held: &Held, waiters: &Lock<Waitq<Turn, Waker>>) {
    if held.free() == Freed::Wanted {
        wake(held, waiters);
    }
}

/// Wakes the first that waits; one that has lost its patience is handed the mutex, unless
/// somebody has it by now, who will come here in turn.
#[cold]
fn wake(held: &Held, waiters: &Lock<Waitq<Turn, Waker>>) {
    let mut waiters = waiters.lock();
    let is_owner = waiters.first(|turn| turn.vain >= PATIENCE) == Some(true);
    if is_owner && !held.try_take() {
        return;
    }
    let Some(((), waker)) = waiters.pop(|turn| turn.is_owner = is_owner) else { return };
    held.withdraw();
    drop(waiters);
    waker.wake();
}

/// One that waits for a mutex: what it was given is passed on if it will never run again.
struct ForTheMutex<'a> {
    held: &'a Held,
    waiters: &'a Lock<Waitq<Turn, Waker>>,
    waiter: &'a Waiter<Turn, Waker>,
}

impl Abandon for ForTheMutex<'_> {
    fn abandon(&self) {
        let withdrawn = self.waiters.lock().withdraw(self.waiter);
        match withdrawn {
            Withdrawn::Queued(waker) => {
                self.held.withdraw();
                waker.abandon();
            }
            Withdrawn::WasWoken(turn) if turn.is_owner => unlock(self.held, self.waiters),
            Withdrawn::WasWoken(_) => wake(self.held, self.waiters),
            Withdrawn::Already => {}
        }
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
