//! Whether anybody hears what schedulers say they do (`sched/gmp/event`).
//!
//! The count is std's own in every build, so a checker does not see it, and a build that nobody listens
//! to does nothing more than one relaxed load where anything happens. This hides nothing from the
//! models: the count is a hint. A speaker that reads it late does not speak, as if it had been faster;
//! or it speaks, and each who hears decides by words of its own, which the checkers see.
//!
//! Under a checker all threads of a model are one thread of the system, and models run side by side:
//! there the count is a thread-local.

#[cfg(not(any(feature = "loom", feature = "shuttle")))]
mod count {
    #![expect(clippy::disallowed_types, reason = "no checker sees it, by design")]

    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    static HEARERS: AtomicUsize = AtomicUsize::new(0);

    #[inline(always)]
    pub(super) fn get() -> usize {
        HEARERS.load(Relaxed)
    }

    pub(super) fn add(change: isize) {
        HEARERS.fetch_add(change.cast_unsigned(), Relaxed);
    }
}

#[cfg(any(feature = "loom", feature = "shuttle"))]
mod count {
    use core::cell::Cell;

    std::thread_local! {
        static HEARERS: Cell<usize> = const { Cell::new(0) };
    }

    #[inline(always)]
    pub(super) fn get() -> usize {
        HEARERS.get()
    }

    pub(super) fn add(change: isize) {
        HEARERS.set(HEARERS.get().wrapping_add_signed(change));
    }
}

/// Whether it is worth speaking.
#[inline(always)]
pub(crate) fn is_heard() -> bool {
    count::get() != 0
}

/// Somebody hears, until this is dropped.
pub(crate) struct Hearer(());

impl Hearer {
    pub(crate) fn new() -> Self {
        count::add(1);
        Self(())
    }
}

impl Drop for Hearer {
    fn drop(&mut self) {
        count::add(-1);
    }
}
