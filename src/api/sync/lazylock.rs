//! A value that is computed when it is first used.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::once::Once;
use crate::facade::const_if_real;

/// A value that is computed when it is first used, like [`std::sync::LazyLock`]; who comes meanwhile
/// blocks the goroutine instead of its thread.
///
/// [`LazyLock::new`] is `const`, so it may be a `static`. Once the value is there, each use is one read of a
/// word. The first use, and each one meanwhile, may wait: a [switch point](crate#switch-points).
///
/// If the function panics, each use panics from then on.
///
/// # Examples
///
/// ```
/// use gosched::sync::LazyLock;
///
/// static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| vec!["a", "b"]);
/// assert_eq!(NAMES.len(), 2);
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    once: Once,
    state: UnsafeCell<State<T, F>>,
}

/// Changed while the `Once` runs its function.
enum State<T, F> {
    Function(F),
    Value(T),
    /// The function was called, and did not return.
    Lost,
}

// SAFETY: threads share the value (Sync); the function, and the value that it returns, go to the first
//         that uses it (Send).
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}

impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

#[cold]
#[track_caller]
fn lost() -> ! {
    panic!("gosched: the function of a LazyLock panicked before")
}

impl<T, F> State<T, F> {
    /// Calls the function, if it was not called.
    fn compute(&mut self)
    where
        F: FnOnce() -> T,
    {
        if let Self::Function(_) = self
            && let Self::Function(f) = core::mem::replace(self, Self::Lost)
        {
            *self = Self::Value(f());
        }
    }

    fn value(&self) -> Option<&T> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }

    fn value_mut(&mut self) -> Option<&mut T> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    const_if_real! {
        /// Creates one whose value `f` computes.
        pub fn new(f: F) -> Self {
            Self { once: Once::new(), state: UnsafeCell::new(State::Function(f)) }
        }
    }

    /// Computes the value, if that was not done, and returns it. If another caller computes it now, waits
    /// for that.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the value is there. On an ordinary thread
    /// it blocks the thread.
    ///
    /// # Panics
    ///
    /// - If the function panics, or did so before.
    /// - If it is called inside its own function.
    #[inline]
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        this.once.call_once_force(|_| {
            // SAFETY: (exclusive) the function runs once, and nobody reads before its end.
            unsafe { &mut *this.state.get() }.compute();
        });
        // SAFETY: (shared) nobody changes it any more.
        match unsafe { &*this.state.get() }.value() {
            Some(value) => value,
            None => lost(),
        }
    }

    /// Computes the value, if that was not done, and returns it. Does not wait.
    ///
    /// # Panics
    ///
    /// If the function panics, or did so before.
    #[track_caller]
    pub fn force_mut(this: &mut Self) -> &mut T {
        let state = this.state.get_mut();
        state.compute();
        this.once = Once::complete();
        state.value_mut().unwrap_or_else(|| lost())
    }
}

impl<T, F> LazyLock<T, F> {
    /// Returns the value, if it is there. Does not wait.
    pub fn get(this: &Self) -> Option<&T> {
        if !this.once.is_completed() {
            return None;
        }
        // SAFETY: (shared) nobody changes it any more.
        unsafe { &*this.state.get() }.value()
    }

    /// Returns the value, if it is there. Does not wait.
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        this.state.get_mut().value_mut()
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        Self::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("LazyLock");
        match Self::get(self) {
            Some(value) => out.field(value),
            None => out.field(&format_args!("<uninit>")),
        };
        out.finish()
    }
}
