//! A value that is written once.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::once::Once;
use crate::facade::const_if_real;

/// A value that is written once and then read by many, like [`std::sync::OnceLock`]; who comes while
/// another computes it blocks the goroutine instead of its thread.
///
/// [`OnceLock::new`] is `const`, so it may be a `static`. Once the value is there, each call is one read of
/// a word.
///
/// # Examples
///
/// ```
/// use gosched::sync::OnceLock;
///
/// static CONFIG: OnceLock<String> = OnceLock::new();
/// assert_eq!(CONFIG.get(), None);
/// let config = CONFIG.get_or_init(|| String::from("computed once"));
/// assert_eq!(config, "computed once");
/// assert_eq!(CONFIG.set(String::from("too late")), Err(String::from("too late")));
/// ```
pub struct OnceLock<T> {
    once: Once,
    /// Written while the `Once` runs its function, and there once it has completed.
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the value moves between threads with this.
unsafe impl<T: Send> Send for OnceLock<T> {}
// SAFETY: threads share the value (Sync), and the one that writes it need not be the one that drops it (Send).
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}

impl<T> OnceLock<T> {
    const_if_real! {
        /// Creates one without a value.
        pub fn new() -> Self {
            Self { once: Once::new(), value: UnsafeCell::new(MaybeUninit::uninit()) }
        }
    }

    /// Returns the value, if it is there. Does not wait.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        if !self.once.is_completed() {
            return None;
        }
        // SAFETY: (init) it was written.
        Some(unsafe { self.there() })
    }

    /// Returns the value, if it is there. Does not wait.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        if !self.once.is_completed() {
            return None;
        }
        // SAFETY: (init) it was written.
        Some(unsafe { self.value.get_mut().assume_init_mut() })
    }

    /// Waits until the value is there, and returns it.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the value is there. On an ordinary thread
    /// it blocks the thread.
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> &T {
        self.once.wait_force();
        // SAFETY: (init) the function wrote it.
        unsafe { self.there() }
    }

    /// Writes the value, if there is none. If another caller computes it now, waits for that.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the value is there. On an ordinary thread
    /// it blocks the thread.
    ///
    /// # Errors
    ///
    /// If there is a value: the error contains the new one.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.init(|room| {
            if let Some(value) = value.take() {
                room.write(value);
            }
        });
        value.map_or(Ok(()), Err)
    }

    /// Returns the value; if there is none, computes it by `f`. If another caller computes it now, waits
    /// for that.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the value is there. On an ordinary thread
    /// it blocks the thread.
    ///
    /// # Panics
    ///
    /// - If `f` panics. There is no value then, and the next caller computes it.
    /// - If it is called inside its own `f`.
    #[inline]
    #[track_caller]
    pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T {
        self.init(|room| {
            room.write(f());
        });
        // SAFETY: (init) the function wrote it.
        unsafe { self.there() }
    }

    /// Runs `write`, which writes the value, if there is none.
    #[inline]
    #[track_caller]
    fn init(&self, write: impl FnOnce(&mut MaybeUninit<T>)) {
        // SAFETY: (exclusive) the function runs once, and nobody reads before its end.
        self.once.call_once_force(|_| write(unsafe { &mut *self.value.get() }));
    }

    /// Consumes this and returns the value, if there is one. Does not wait.
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out, if there is one. Does not wait.
    pub fn take(&mut self) -> Option<T> {
        if !self.once.is_completed() {
            return None;
        }
        self.once = Once::new();
        // SAFETY: (init) it was written, and from here on there is none.
        Some(unsafe { self.value.get_mut().assume_init_read() })
    }

    /// # Safety
    ///
    /// - The function has run to its end.
    unsafe fn there(&self) -> &T {
        // SAFETY: (shared) nobody writes any more.
        let value = unsafe { &*self.value.get() };
        // SAFETY: (init) as the caller says.
        unsafe { value.assume_init_ref() }
    }
}

impl<T> Drop for OnceLock<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    fn from(value: T) -> Self {
        Self { once: Once::complete(), value: UnsafeCell::new(MaybeUninit::new(value)) }
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    fn clone(&self) -> Self {
        self.get().cloned().map_or_else(Self::new, Self::from)
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => out.field(value),
            None => out.field(&format_args!("<uninit>")),
        };
        out.finish()
    }
}
