//! A lock that many may read and one may write.

use core::cell::UnsafeCell;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::permits::{self, Permits};
use super::poison::{Flag, poison};
use crate::base::rank::Rank;
use crate::facade::news::Call;
use crate::facade::{const_if_real, panicking};
use crate::proto::semaphore::MAX;
use crate::sched::g::Waker;
use crate::sched::here;
use crate::sched::step::{step, step_of_drop};
use crate::sched::wait::Wait;

/// A reader's part of the permits.
const READER: usize = 1;
/// A writer has all of them.
const WRITER: usize = MAX;

/// A reader-writer lock like [`std::sync::RwLock`] that blocks the goroutine instead of its thread.
///
/// Its guards may be held at a [switch point](crate#switch-points), and may be dropped on a different
/// thread. [`RwLock::new`] is `const`, so a lock may be a `static`.
///
/// Readers and writers get the lock in the order in which they came. While a writer waits, readers
/// that come later wait behind it, so neither starves the other. It follows that a goroutine that
/// reads must not call [`read`](Self::read) again: if a writer waits in between, both wait for ever.
///
/// The lock is poisoned like std's: if the guard of a *writer* is dropped because its goroutine or
/// thread panics, or because it calls [`exit`](crate::exit), [`read`](Self::read) and
/// [`write`](Self::write) return an error from then on.
///
/// # Examples
///
/// ```
/// use gosched::sync::RwLock;
///
/// let lock = RwLock::new(5);
/// {
///     // Many readers at once. (One goroutine that calls `read` twice could wait for ever.)
///     let a = lock.read().unwrap();
///     let b = lock.try_read().unwrap();
///     assert_eq!(*a + *b, 10);
/// }
/// {
///     // One writer, and no reader beside it.
///     let mut w = lock.write().unwrap();
///     *w += 1;
///     assert!(lock.try_read().is_err());
/// }
/// assert_eq!(*lock.read().unwrap(), 6);
/// ```
pub struct RwLock<T: ?Sized> {
    permits: Permits,
    poisoned: Flag,
    data: UnsafeCell<T>,
}

// SAFETY: the data moves between threads with the lock.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: a shared lock gives its data out to one writer (Send) or to several readers (Sync).
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

/// The right to read the data of an [`RwLock`]. Dropping it gives the right back, and does not wait.
///
/// Unlike std's guard it is [`Send`], if the data is [`Sync`].
#[must_use = "the lock is free again as soon as the guard is dropped"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
}

/// The right to write the data of an [`RwLock`]. Dropping it frees the lock, and does not wait.
///
/// Unlike std's guard it is [`Send`], if the data is.
#[must_use = "the lock is free again as soon as the guard is dropped"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// Whether the thread was panicking already: then this guard does not poison.
    was_panicking: bool,
}

// SAFETY: a reader that is sent shares the data with the other readers.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY: two threads with a shared guard share the data.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: the data goes with the guard, to one thread at a time.
unsafe impl<T: ?Sized + Send> Send for RwLockWriteGuard<'_, T> {}
// SAFETY: two threads with a shared guard share the data.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

const READ: Call = Call::new("read-lock", "rwlock");
const TRY_READ: Call = Call::new("try to read-lock", "rwlock");
const UNLOCK_READ: Call = Call::new("read-unlock", "rwlock");
const WRITE: Call = Call::new("write-lock", "rwlock");
const TRY_WRITE: Call = Call::new("try to write-lock", "rwlock");
const UNLOCK_WRITE: Call = Call::new("write-unlock", "rwlock");

impl<T> RwLock<T> {
    const_if_real! {
        /// Creates a lock that is free.
        pub fn new(value: T) -> Self {
            Self {
                permits: Permits::new(Rank::Semaphore, MAX),
                poisoned: Flag::new(),
                data: UnsafeCell::new(value),
            }
        }
    }

    /// Consumes the lock and returns its data. Does not wait.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned: the error contains the data.
    pub fn into_inner(self) -> LockResult<T> {
        let is_poisoned = self.is_poisoned();
        poison(self.data.into_inner(), is_poisoned)
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer has the lock and none came before, and takes it for reading.
    ///
    /// If the calling goroutine or thread holds the lock already, the call may wait for ever.
    ///
    /// May wait: a [switch point](crate#switch-points), even if the lock is free. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned: the error contains the guard.
    #[inline]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        step(READ, &raw const self.permits);
        permits::acquire(&self.permits, READER, Wait::Read);
        self.read_guard()
    }

    /// Waits until nobody has the lock and nobody came before, and takes it for writing.
    ///
    /// If the calling goroutine or thread holds the lock already, the call waits for ever.
    ///
    /// May wait: a [switch point](crate#switch-points), even if the lock is free. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned: the error contains the guard.
    #[inline]
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        step(WRITE, &raw const self.permits);
        permits::acquire(&self.permits, WRITER, Wait::Write);
        self.write_guard()
    }

    /// Takes the lock for reading, if no writer has it or waits for it. Does not wait.
    ///
    /// # Errors
    ///
    /// - [`TryLockError::WouldBlock`], if the lock cannot be taken now.
    /// - [`TryLockError::Poisoned`], if the lock is poisoned: the error contains the guard.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        if !self.try_take(READER) {
            return Err(TryLockError::WouldBlock);
        }
        self.read_guard().map_err(TryLockError::Poisoned)
    }

    /// Takes the lock for writing, if nobody has it. Does not wait.
    ///
    /// # Errors
    ///
    /// - [`TryLockError::WouldBlock`], if the lock cannot be taken now.
    /// - [`TryLockError::Poisoned`], if the lock is poisoned: the error contains the guard.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        if !self.try_take(WRITER) {
            return Err(TryLockError::WouldBlock);
        }
        self.write_guard().map_err(TryLockError::Poisoned)
    }

    #[track_caller]
    fn try_take(&self, n: usize) -> bool {
        step(if n == READER { TRY_READ } else { TRY_WRITE }, &raw const self.permits);
        here::owe();
        self.permits.try_take(n)
    }

    fn read_guard(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        poison(RwLockReadGuard { lock: self }, self.is_poisoned())
    }

    fn write_guard(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let guard = RwLockWriteGuard { lock: self, was_panicking: panicking() };
        poison(guard, self.is_poisoned())
    }

    /// Returns the data. No lock is needed, because the lock is borrowed mutably. Does not wait.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned: the error contains the data.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let is_poisoned = self.is_poisoned();
        poison(self.data.get_mut(), is_poisoned)
    }

    /// Returns whether the lock is poisoned. Does not wait.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned.is_set()
    }

    /// Makes the lock no longer poisoned. Does not wait.
    pub fn clear_poison(&self) {
        self.poisoned.clear();
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Turns the right to write into the right to read, in one step: no other writer comes in between.
    /// Does not wait.
    ///
    /// Readers that wait get the lock too, if no writer came before them.
    ///
    /// # Examples
    ///
    /// ```
    /// use gosched::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let mut w = lock.write().unwrap();
    /// *w = 2;
    /// let r = RwLockWriteGuard::downgrade(w);
    /// assert_eq!((*r, *lock.read().unwrap()), (2, 2));
    /// ```
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        let lock = s.lock;
        // It poisons nothing, and keeps a reader's part.
        let _kept = ManuallyDrop::new(s);
        lock.permits.give(WRITER - READER, Waker::wake);
        RwLockReadGuard { lock }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: (shared) no writer has the lock while a reader has it.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: (exclusive) the guard is the only one, and is borrowed.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: (exclusive) the guard is the only one, and is borrowed mutably.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        step_of_drop(UNLOCK_READ, &raw const self.lock.permits);
        self.lock.permits.give(READER, Waker::wake);
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        step_of_drop(UNLOCK_WRITE, &raw const self.lock.permits);
        if panicking() && !self.was_panicking {
            self.lock.poisoned.set();
        }
        self.lock.permits.give(WRITER, Waker::wake);
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => out.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => out.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => out.field("data", &format_args!("<locked>")),
        };
        out.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
