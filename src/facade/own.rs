//! A cell for what one thread after another owns.

use super::Cell;
use crate::machine::arch;

/// A `core::cell::Cell` whose uses loom checks: a use by a thread that the owner has not handed it to
/// is a race, and loom reports it.
///
/// It is not `Sync`, so safe code cannot use it from two threads. What contains it and says `Sync`
/// answers for that.
pub(crate) struct OwnCell<T>(Cell<T>);

impl<T: Copy> OwnCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Cell::new(value))
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn get(&self) -> T {
        // SAFETY: not `Sync`, and nobody keeps a reference into it: nothing writes meanwhile.
        self.0.with(|value| unsafe { *value })
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn set(&self, value: T) {
        // SAFETY: not `Sync`, and nobody keeps a reference into it: nothing else uses it meanwhile.
        self.0.with_mut(|old| unsafe { *old = value });
    }

    /// Its value, for one who does not own it: one that it had. It is of one word, so it is whole.
    pub(crate) fn peek(&self) -> T {
        const { assert!(size_of::<T>() == size_of::<usize>() && align_of::<T>() == align_of::<usize>()) };
        let mut word = 0;
        self.0.with(|place| {
            // SAFETY: two aligned words, which are there, and the second is this function's.
            unsafe { arch::copy_words(place.cast(), &raw mut word, 1) };
        });
        // SAFETY: a copy of a value of this size, which its owner wrote as one word.
        unsafe { core::mem::transmute_copy(&word) }
    }

    /// Sets it; returns what it was.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn replace(&self, value: T) -> T {
        let old = self.get();
        self.set(value);
        old
    }

    /// Empties it; returns what it held.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }
}
