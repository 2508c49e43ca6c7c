//! Room for one value of any type: what a select received lies here until it is asked for.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// The room. A value that is larger lies in a box, and the box here.
#[repr(transparent)]
pub(super) struct Parcel(
    #[allow(dead_code, reason = "it is read and written by its address")] MaybeUninit<[usize; 4]>,
);

impl Parcel {
    pub(super) fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    /// Whether a value of this type lies in the room itself.
    const fn fits<T>() -> bool {
        size_of::<T>() <= size_of::<Self>() && align_of::<T>() <= align_of::<Self>()
    }

    /// Moves a value into the room at `at`.
    ///
    /// # Safety
    ///
    /// - The room is free and the caller's alone, and it gives the value away.
    pub(super) unsafe fn put<T>(at: NonNull<Self>, from: *const T) {
        if Self::fits::<T>() {
            // SAFETY: it fits, and the two are apart.
            unsafe { at.cast::<T>().as_ptr().copy_from_nonoverlapping(from, 1) };
        } else {
            // SAFETY: the caller's value, which it has no more.
            let boxed = Box::new(unsafe { from.read() });
            // SAFETY: a box fits.
            unsafe { at.cast::<Box<T>>().write(boxed) };
        }
    }

    /// Takes the value out.
    ///
    /// # Safety
    ///
    /// - A value of this type was put here, and was not taken.
    pub(super) unsafe fn take<T>(&mut self) -> T {
        let at = NonNull::from_mut(self);
        if Self::fits::<T>() {
            // SAFETY: (init) it was put here.
            unsafe { at.cast::<T>().read() }
        } else {
            // SAFETY: the same, in a box.
            *unsafe { at.cast::<Box<T>>().read() }
        }
    }
}
