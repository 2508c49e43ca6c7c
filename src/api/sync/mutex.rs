//! A mutex for goroutines and threads.
//!
//! A free mutex goes to the first caller, even while others wait (barging: a caller that runs
//! already needs no wake-up). A waiter that lost it [`patience`] times is handed the mutex directly,
//! so no waiter starves. (Go's normal and starvation modes, internal/sync/mutex.go. Go switches by
//! time, 1 ms; this mutex switches by the number of vain wake-ups, which needs no clock.)

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::panic::Location;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::poison::{Flag, poison};
use crate::base::rank::Rank;
use crate::facade::news::Call;
use crate::facade::{const_if_real, panicking, spin_hint, spins};
use crate::proto::lock::{Freed, Held, Lock};
use crate::proto::waitq::{Waiter, Waitq, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::{self, Here};
use crate::sched::step::{step, step_of_drop};
use crate::sched::wait::{Abandon, Wait};

/// After so many wake-ups without the mutex, a waiter is handed it.
fn patience() -> u32 {
    1 + spins(3)
}

/// How often to look again before waiting: about the time of a short critical section.
const SPINS: u32 = 40;

/// A mutex like [`std::sync::Mutex`] that blocks the goroutine instead of its thread.
///
/// Its guard may be held at a [switch point](crate#switch-points), and may be dropped on a
/// different thread. [`Mutex::new`] is `const`, so a mutex may be a `static`.
///
/// The mutex is poisoned like std's. If a guard is dropped because its goroutine or thread panics,
/// or because it calls [`exit`](crate::exit), [`lock`](Self::lock) returns an error from then on.
///
/// A mutex that becomes free goes to the first caller that tries, which may be one that has not
/// waited. A waiter that lost several times in this way gets the mutex directly, so each waiter
/// gets it in the end.
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
    poisoned: Flag,
    /// The waiters. Each is counted in `held`.
    waiters: Lock<Waitq<Turn, Waker>>,
    data: UnsafeCell<T>,
}

// SAFETY: the data moves between threads with the mutex; never shared.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: a shared mutex gives out its data to one at a time.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

const LOCK: Call = Call::new("lock", "mutex");
const TRY_LOCK: Call = Call::new("try to lock", "mutex");
const UNLOCK: Call = Call::new("unlock", "mutex");

/// What a waiter knows of its turn.
#[derive(Clone, Copy)]
struct Turn {
    /// It was handed the mutex.
    is_owner: bool,
    /// How often it was woken and did not get the mutex.
    vain: u32,
}

/// The right to use the data of a [`Mutex`]. Dropping it frees the mutex, and does not wait.
///
/// Unlike std's guard it is [`Send`], if the data is: it may be sent to another goroutine or thread
/// and be dropped there, which then frees the mutex.
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
        /// Creates a mutex that is free.
        pub fn new(value: T) -> Self {
            Self {
                held: Held::new(),
                poisoned: Flag::new(),
                waiters: Lock::new(Rank::Mutex, Waitq::new()),
                data: UnsafeCell::new(value),
            }
        }
    }

    /// Consumes the mutex and returns its data. Does not wait.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned: the error contains the data.
    pub fn into_inner(self) -> LockResult<T> {
        let is_poisoned = self.is_poisoned();
        poison(self.data.into_inner(), is_poisoned)
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free, and takes it.
    ///
    /// The mutex is free again when the returned guard is dropped. If the calling goroutine or
    /// thread holds the mutex already, the call waits for ever.
    ///
    /// May wait: a [switch point](crate#switch-points), even if the mutex is free. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned: the error contains the guard.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        step(LOCK, &raw const self.held);
        let mut here = Here::arrive();
        self.take(&mut here);
        drop(here);
        self.guard()
    }

    /// Takes the mutex in a call that has arrived.
    #[inline]
    #[track_caller]
    pub(super) fn take(&self, here: &mut Here) {
        if !self.held.try_take() {
            self.lock_slow(here);
        }
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

    /// Tries for a while. Returns true if it took the mutex.
    fn spin(&self) -> bool {
        for _ in 0..spins(SPINS) {
            if self.held.is_free() && self.held.try_take() {
                return true;
            }
            spin_hint();
        }
        false
    }

    /// Queues a waiter, which was woken in vain `vain` times. Returns false if the mutex is the
    /// caller's now, and nothing was queued.
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
            // It has waited its turn before.
            // SAFETY: as above.
            unsafe { waiters.push_front(waiter) };
        }
        true
    }

    /// Takes the mutex, if it is free now. Does not wait.
    ///
    /// # Errors
    ///
    /// - [`TryLockError::WouldBlock`], if the mutex is not free.
    /// - [`TryLockError::Poisoned`], if the mutex is poisoned: the error contains the guard.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        step(TRY_LOCK, &raw const self.held);
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

    /// Frees the mutex of a holder that takes it again before it uses its guard.
    #[inline]
    pub(super) fn free(&self, wake: impl FnOnce(Waker)) {
        unlock(&self.held, &self.waiters, wake);
    }

    /// Returns the data. No lock is needed, because the mutex is borrowed mutably. Does not wait.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned: the error contains the data.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let is_poisoned = self.is_poisoned();
        poison(self.data.get_mut(), is_poisoned)
    }

    /// Returns whether the mutex is poisoned. Does not wait.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned.is_set()
    }

    /// Makes the mutex no longer poisoned. Does not wait.
    pub fn clear_poison(&self) {
        self.poisoned.clear();
    }
}

#[inline]
fn unlock(held: &Held, waiters: &Lock<Waitq<Turn, Waker>>, wake: impl FnOnce(Waker)) {
    if held.free() == Freed::Wanted
        && let Some(waker) = next(held, waiters)
    {
        wake(waker);
    }
}

/// Takes out the first waiter, to be woken. A waiter that has lost its patience is handed the mutex;
/// if another holder has taken it by now, nothing is done, because that holder comes here when it
/// frees the mutex.
#[cold]
fn next(held: &Held, waiters: &Lock<Waitq<Turn, Waker>>) -> Option<Waker> {
    let mut waiters = waiters.lock();
    let is_owner = waiters.first(|turn| turn.vain >= patience()) == Some(true);
    if is_owner && !held.try_take() {
        return None;
    }
    let ((), waker) = waiters.pop(|turn| turn.is_owner = is_owner)?;
    held.withdraw();
    Some(waker)
}

/// A wait for a mutex. If the waiter will never run again, what it was given is passed on: the
/// mutex, or the wake-up.
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
            Withdrawn::WasWoken(turn) if turn.is_owner => {
                unlock(self.held, self.waiters, Waker::wake);
            }
            Withdrawn::WasWoken(_) => {
                if let Some(waker) = next(self.held, self.waiters) {
                    waker.wake();
                }
            }
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
        step_of_drop(UNLOCK, &raw const self.mutex.held);
        if panicking() && !self.was_panicking {
            self.mutex.poisoned.set();
        }
        self.mutex.free(Waker::wake);
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex that this guard holds.
    pub(super) fn mutex(this: &Self) -> &'a Mutex<T> {
        this.mutex
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
        out.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
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
