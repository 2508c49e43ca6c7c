//! Permits that goroutines and threads take and give back.

use core::mem;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::permits::{self, Permits};
use crate::base::rank::Rank;
use crate::facade::const_if_real;
use crate::facade::news::Call;
use crate::proto::semaphore::MAX;
use crate::sched::g::Waker;
use crate::sched::here;
use crate::sched::step::{step, step_of_drop};
use crate::sched::wait::Wait;

/// A number of permits, with the names and behaviour of tokio's `Semaphore`. It has no `close`, so
/// [`acquire`](Self::acquire) returns the permit itself and no `Result`.
///
/// Use it to bound how many do something at once. [`acquire`](Self::acquire) takes a permit, and waits
/// if there is none; dropping the permit gives it back. The permits may be held at a
/// [switch point](crate#switch-points), and may be dropped on a different thread. [`Semaphore::new`] is
/// `const`, so a semaphore may be a `static`.
///
/// Those who wait get their permits in the order in which they came. While the first one waits for many,
/// nobody else gets any, also not by [`try_acquire`](Self::try_acquire).
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::sync::Semaphore;
/// use std::sync::Arc;
///
/// // At most two of the ten read files at once.
/// let two = Arc::new(Semaphore::new(2));
/// let all: Vec<_> = (0..10)
///     .map(|_| {
///         let two = two.clone();
///         rt.go(move || {
///             let _permit = two.acquire();
///             std::fs::read_to_string("Cargo.toml").map(|text| text.len())
///         })
///     })
///     .collect();
/// for reader in all {
///     assert!(reader.join().unwrap()? > 0);
/// }
/// assert_eq!(two.available_permits(), 2);
/// # std::io::Result::Ok(())
/// ```
pub struct Semaphore {
    permits: Permits,
}

/// The error of [`Semaphore::try_acquire`], and of an [`acquire_timeout`](Semaphore::acquire_timeout) whose time
/// is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryAcquireError {
    /// There were not enough permits, or others waited for theirs.
    NoPermits,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not enough permits are available")
    }
}

impl Error for TryAcquireError {}

/// Permits of a [`Semaphore`]. Dropping it gives them back, and does not wait.
#[must_use = "the permits are given back as soon as this is dropped"]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

/// Permits of a [`Semaphore`] in an [`Arc`], which they keep. Dropping it gives them back, and does not
/// wait.
#[must_use = "the permits are given back as soon as this is dropped"]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
}

const ACQUIRE: Call = Call::new("acquire from", "semaphore");
const TRY_ACQUIRE: Call = Call::new("try to acquire from", "semaphore");
const RELEASE: Call = Call::new("release to", "semaphore");

impl Semaphore {
    /// The most permits that a semaphore can have.
    pub const MAX_PERMITS: usize = MAX;

    const_if_real! {
        /// Creates a semaphore with so many permits.
        ///
        /// # Panics
        ///
        /// If `permits` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            assert!(permits <= MAX, "gosched: a Semaphore has at most usize::MAX >> 3 permits");
            Self { permits: Permits::new(Rank::Semaphore, permits) }
        }
    }

    /// Returns how many permits nobody has now. Does not wait.
    pub fn available_permits(&self) -> usize {
        self.permits.available()
    }

    /// Adds `n` permits. Does not wait.
    ///
    /// # Panics
    ///
    /// If more than [`MAX_PERMITS`](Self::MAX_PERMITS) would be available. The semaphore then has
    /// `MAX_PERMITS`.
    #[track_caller]
    pub fn add_permits(&self, n: usize) {
        step(RELEASE, &raw const self.permits);
        let added = self.permits.add(n, Waker::wake);
        assert!(added == n, "gosched: a Semaphore has at most {MAX} permits");
    }

    /// Removes up to `n` permits of those that nobody has, and returns how many. Does not wait.
    pub fn forget_permits(&self, n: usize) -> usize {
        self.permits.forget(n)
    }

    /// Waits until there is a permit and nobody came before, and takes it.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is a permit. On an ordinary
    /// thread it blocks the thread.
    #[inline]
    #[track_caller]
    pub fn acquire(&self) -> SemaphorePermit<'_> {
        self.acquire_many(1)
    }

    /// Like [`acquire`](Self::acquire), for `n` permits at once.
    ///
    /// The call may ask for more than the semaphore has now. Then it waits until
    /// [`add_permits`](Self::add_permits) has added what is missing, and those who come later wait behind
    /// it.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there are enough permits. On an ordinary
    /// thread it blocks the thread.
    #[inline]
    #[track_caller]
    pub fn acquire_many(&self, n: u32) -> SemaphorePermit<'_> {
        step(ACQUIRE, &raw const self.permits);
        permits::acquire(&self.permits, n as usize, Wait::Semaphore);
        SemaphorePermit { semaphore: self, permits: n as usize }
    }

    /// Like [`acquire`](Self::acquire), but waits no longer than `timeout`.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is a permit. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`], if the time is up. Those who wait behind the caller lose nothing by
    /// that.
    #[track_caller]
    pub fn acquire_timeout(
        &self,
        timeout: Duration,
    ) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.acquire_many_timeout(1, timeout)
    }

    /// Like [`acquire_many`](Self::acquire_many), but waits no longer than `timeout`.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there are enough permits. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the time is up. Those who wait behind the caller lose nothing by that.
    ///
    /// # Examples
    ///
    /// ```
    /// use gosched::sync::Semaphore;
    /// use std::time::Duration;
    ///
    /// let semaphore = Semaphore::new(2);
    /// let _one = semaphore.acquire();
    /// assert!(semaphore.acquire_many_timeout(2, Duration::from_millis(1)).is_err());
    /// assert!(semaphore.acquire_many_timeout(1, Duration::from_millis(1)).is_ok());
    /// ```
    #[track_caller]
    pub fn acquire_many_timeout(
        &self,
        n: u32,
        timeout: Duration,
    ) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let permits = n as usize;
        step(ACQUIRE, &raw const self.permits);
        if permits::acquire_within(&self.permits, permits, Wait::Semaphore, timeout) {
            Ok(SemaphorePermit { semaphore: self, permits })
        } else {
            Err(TryAcquireError::NoPermits)
        }
    }

    /// Takes a permit, if there is one and nobody waits. Does not wait.
    ///
    /// # Errors
    ///
    /// If there is none, or others wait.
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `n` permits, if there are so many and nobody waits. Does not wait.
    ///
    /// # Errors
    ///
    /// If there are fewer, or others wait.
    #[track_caller]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_take(n)?;
        Ok(SemaphorePermit { semaphore: self, permits: n as usize })
    }

    /// Like [`acquire`](Self::acquire), for a permit that keeps the semaphore.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is a permit. On an ordinary
    /// thread it blocks the thread.
    #[track_caller]
    pub fn acquire_owned(self: Arc<Self>) -> OwnedSemaphorePermit {
        self.acquire_many_owned(1)
    }

    /// Like [`acquire_many`](Self::acquire_many), for permits that keep the semaphore.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there are enough permits. On an ordinary
    /// thread it blocks the thread.
    #[track_caller]
    pub fn acquire_many_owned(self: Arc<Self>, n: u32) -> OwnedSemaphorePermit {
        step(ACQUIRE, &raw const self.permits);
        permits::acquire(&self.permits, n as usize, Wait::Semaphore);
        OwnedSemaphorePermit { semaphore: self, permits: n as usize }
    }

    /// Like [`acquire_timeout`](Self::acquire_timeout), for a permit that keeps the semaphore.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there is a permit. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`], if the time is up.
    #[track_caller]
    pub fn acquire_owned_timeout(
        self: Arc<Self>,
        timeout: Duration,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.acquire_many_owned_timeout(1, timeout)
    }

    /// Like [`acquire_many_timeout`](Self::acquire_many_timeout), for permits that keep the semaphore.
    ///
    /// May wait: a [switch point](crate#switch-points), even if there are enough permits. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`], if the time is up.
    #[track_caller]
    pub fn acquire_many_owned_timeout(
        self: Arc<Self>,
        n: u32,
        timeout: Duration,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.acquire_many_timeout(n, timeout)?.forget(); // the owned one gives them back
        Ok(OwnedSemaphorePermit { semaphore: self, permits: n as usize })
    }

    /// Like [`try_acquire`](Self::try_acquire), for a permit that keeps the semaphore.
    ///
    /// # Errors
    ///
    /// If there is none, or others wait.
    #[track_caller]
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// Like [`try_acquire_many`](Self::try_acquire_many), for permits that keep the semaphore.
    ///
    /// # Errors
    ///
    /// If there are fewer, or others wait.
    #[track_caller]
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_take(n)?;
        Ok(OwnedSemaphorePermit { semaphore: self, permits: n as usize })
    }

    #[track_caller]
    fn try_take(&self, n: u32) -> Result<(), TryAcquireError> {
        step(TRY_ACQUIRE, &raw const self.permits);
        here::owe();
        if self.permits.try_take(n as usize) { Ok(()) } else { Err(TryAcquireError::NoPermits) }
    }

    /// Gives permits back. Those for which there is no room, because others were added meanwhile, are gone.
    fn give(&self, n: usize) {
        step_of_drop(RELEASE, &raw const self.permits);
        self.permits.add(n, Waker::wake);
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("available", &self.available_permits()).finish()
    }
}

/// What both kinds of permits have.
macro_rules! permit {
    ([$($generics:tt)*] $permit:ty) => {
        impl<$($generics)*> $permit {
            /// Returns how many permits this holds.
            pub fn num_permits(&self) -> usize {
                self.permits
            }

            /// Drops this without giving the permits back: the semaphore has so many less. Does not wait.
            pub fn forget(mut self) {
                self.permits = 0;
            }

            /// Adds the permits of another one to this. Does not wait.
            ///
            /// # Panics
            ///
            /// If they are of different semaphores.
            #[track_caller]
            pub fn merge(&mut self, mut other: Self) {
                let is_same = std::ptr::eq(&raw const *self.semaphore, &raw const *other.semaphore);
                assert!(is_same, "gosched: permits of two semaphores were merged");
                self.permits += mem::take(&mut other.permits);
            }

            /// Takes `n` permits out of this, if it holds so many. Does not wait.
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.permits = self.permits.checked_sub(n)?;
                Some(Self { semaphore: Clone::clone(&self.semaphore), permits: n })
            }
        }

        impl<$($generics)*> Drop for $permit {
            #[inline]
            fn drop(&mut self) {
                if self.permits != 0 {
                    self.semaphore.give(self.permits);
                }
            }
        }

        impl<$($generics)*> fmt::Debug for $permit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Permit").field("permits", &self.permits).finish_non_exhaustive()
            }
        }
    };
}

permit!(['a] SemaphorePermit<'a>);
permit!([] OwnedSemaphorePermit);

impl OwnedSemaphorePermit {
    /// Returns the semaphore of these permits.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }
}
