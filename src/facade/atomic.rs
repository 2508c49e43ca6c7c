//! Atomic words: one definition over the backend's raw ones.
//!
//! Every access passes three hooks, all empty in a real build: `Companion::touch` (loom: makes all
//! accesses of one word mutually dependent, which stock loom's do not; shuttle: counts what the access
//! costs, see [`cost`](super::cost)), `order` (loom: the mutation driver may weaken this one site) and
//! `journal` (a model notes what was done).

#![allow(clippy::disallowed_types, reason = "the facade is where the raw ones are wrapped")]

pub(crate) use core::sync::atomic::Ordering;

use super::backend::{self, Companion, Op, const_if_real, order};
use super::journal;
use super::sleep::SleptOn;

macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident $(<$t:ident>)?, $value:ty) => {
        $(#[$doc])*
        pub(crate) struct $name $(<$t>)? {
            word: backend::raw::$name $(<$t>)?,
            companion: Companion,
        }

        impl $(<$t>)? $name $(<$t>)? {
            const_if_real! {
                pub(crate) fn new(value: $value) -> Self {
                    Self { word: backend::raw::$name::new(value), companion: Companion::new() }
                }
            }

            #[inline(always)]
            #[track_caller]
            pub(crate) fn load(&self, o: Ordering) -> $value {
                self.companion.touch(&self.word, Op::Load);
                let value = self.word.load(order(Op::Load, o));
                journal::load(self.place(), value);
                value
            }

            #[inline(always)]
            #[track_caller]
            pub(crate) fn store(&self, value: $value, o: Ordering) {
                self.companion.touch(&self.word, Op::Store);
                self.word.store(value, order(Op::Store, o));
                journal::store(self.place(), value);
            }

            #[inline(always)]
            fn place(&self) -> *const () {
                core::ptr::from_ref(self).cast()
            }
        }
    };
}

macro_rules! exchange {
    ($name:ident $(<$t:ident>)?, $value:ty) => {
        impl $(<$t>)? $name $(<$t>)? {
            #[inline(always)]
            #[track_caller]
            pub(crate) fn swap(&self, value: $value, o: Ordering) -> $value {
                self.companion.touch(&self.word, Op::Rmw);
                let was = self.word.swap(value, order(Op::Rmw, o));
                journal::change(self.place(), was, value);
                was
            }

            #[inline(always)]
            #[track_caller]
            pub(crate) fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.companion.touch(&self.word, Op::Rmw);
                let (success, failure) = (order(Op::Rmw, success), order(Op::Failure, failure));
                let result = self.word.compare_exchange(current, new, success, failure);
                journal::exchange(self.place(), (current, new), result);
                result
            }
        }
    };
}

macro_rules! arithmetic {
    ($name:ident, $value:ty) => {
        impl $name {
            #[inline(always)]
            #[track_caller]
            pub(crate) fn fetch_add(&self, value: $value, o: Ordering) -> $value {
                self.companion.touch(&self.word, Op::Rmw);
                let was = self.word.fetch_add(value, order(Op::Rmw, o));
                journal::change(self.place(), was, was.wrapping_add(value));
                was
            }

            #[inline(always)]
            #[track_caller]
            pub(crate) fn fetch_sub(&self, value: $value, o: Ordering) -> $value {
                self.companion.touch(&self.word, Op::Rmw);
                let was = self.word.fetch_sub(value, order(Op::Rmw, o));
                journal::change(self.place(), was, was.wrapping_sub(value));
                was
            }
        }
    };
}

atomic!(
    /// A 32-bit word.
    AtomicU32,
    u32
);
atomic!(
    /// A word of the machine's size.
    AtomicUsize,
    usize
);
atomic!(
    /// A pointer.
    AtomicPtr<T>,
    *mut T
);
exchange!(AtomicU32, u32);
exchange!(AtomicUsize, usize);
exchange!(AtomicPtr<T>, *mut T);
arithmetic!(AtomicU32, u32);
arithmetic!(AtomicUsize, usize);

impl SleptOn for AtomicU32 {
    #[cfg(any(feature = "loom", feature = "shuttle"))]
    fn value(&self) -> u32 {
        self.load(Ordering::Relaxed)
    }

    #[cfg(not(any(feature = "loom", feature = "shuttle")))]
    fn address(&self) -> *const u32 {
        self.word.as_ptr()
    }
}
