//! Tells a sanitizer which stack runs. In an ordinary build nothing is told, and all of this is of
//! size zero.
//!
//! `AddressSanitizer` keeps marks beside a stack, and must know the bounds of the one that runs.
//! `ThreadSanitizer` keeps a clock for each thread, and must know which goroutine acts. So a switch is
//! announced to both: [`leave`] just before it, and [`Left::back`] just after it, on the stack that
//! has come back. A stack that runs for the first time calls [`first_step`] instead.
//!
//! A lock of std's is announced as well, by [`locked`] and [`unlocks`]: the std that comes with the
//! compiler was built without a sanitizer, so `ThreadSanitizer` does not see how a thread waits there.
//!
//! `verify/sanitize/run` builds the crate with `--cfg gosched_sanitize="address"` or `"thread"`. That
//! is a name of our own, because the compiler's `cfg(sanitize)` is unstable.

#[cfg(gosched_sanitize = "address")]
use address as backend;
#[cfg(not(any(gosched_sanitize = "address", gosched_sanitize = "thread")))]
use nobody as backend;
#[cfg(gosched_sanitize = "thread")]
use thread as backend;

pub(crate) use backend::{Fiber, STACK_FACTOR, first_step, leave, locked, unlocks};

/// Whether a stack that is left will be resumed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// It comes back.
    ForNow,
    /// It has ended.
    ForGood,
}

#[cfg(not(any(gosched_sanitize = "address", gosched_sanitize = "thread")))]
mod nobody {
    use super::Leaves;

    /// How many times larger the stacks are, by default, for what a sanitizer puts there.
    pub(crate) const STACK_FACTOR: usize = 1;

    /// What a sanitizer knows a stack by.
    #[derive(Clone, Copy)]
    pub(crate) struct Fiber;

    #[expect(clippy::unused_self, reason = "the shape of the sanitizers' fibers")]
    impl Fiber {
        /// A place holder that must not be switched to.
        pub(crate) const NONE: Self = Self;

        /// That of the calling thread, on its own stack.
        #[inline(always)]
        pub(crate) fn of_this_thread() -> Self {
            Self
        }

        /// That of a stack that nobody has run on, which ends at `_top`, in a slot of `_slot_len`
        /// bytes that is aligned to them.
        #[inline(always)]
        pub(crate) fn born(_top: *const u8, _slot_len: usize) -> Self {
            Self
        }

        /// Its stack was left for good.
        #[inline(always)]
        pub(crate) fn died(self) {}
    }

    /// A stack that was left for now.
    pub(crate) struct Left;

    impl Left {
        /// It has come back.
        #[inline(always)]
        #[expect(clippy::unused_self, reason = "the shape of the sanitizers' fibers")]
        pub(crate) fn back(self) {}
    }

    /// The running stack is about to be left for another.
    #[inline(always)]
    pub(crate) fn leave(_to: Fiber, _leaves: Leaves) -> Left {
        Left
    }

    /// The running stack runs for the first time.
    #[inline(always)]
    pub(crate) fn first_step() {}

    /// This thread has just taken a lock of std's.
    #[inline(always)]
    pub(crate) fn locked<T>(_lock: &T) {}

    /// This thread is about to give it back.
    #[inline(always)]
    pub(crate) fn unlocks<T>(_lock: &T) {}
}

#[cfg(gosched_sanitize = "address")]
mod address {
    //! `sanitizer/common_interface_defs.h` and `sanitizer/asan_interface.h`.

    use core::ffi::c_void;
    use core::mem::MaybeUninit;
    use core::ptr::{from_mut, null_mut};

    use super::Leaves;

    unsafe extern "C" {
        fn __sanitizer_start_switch_fiber(
            save: *mut *mut c_void,
            bottom: *const c_void,
            len: usize,
        );
        fn __sanitizer_finish_switch_fiber(
            saved: *mut c_void,
            bottom: *mut *const c_void,
            len: *mut usize,
        );
        fn __asan_handle_no_return();
        fn __asan_poison_memory_region(at: *const c_void, len: usize);
        fn __asan_unpoison_memory_region(at: *const c_void, len: usize);
    }

    /// Each variable lies between two zones that must not be touched.
    pub(crate) const STACK_FACTOR: usize = 16;
    /// So much of a dead stack, from its top, must not be touched until it is born again.
    const DEAD: usize = 4096;

    /// The bounds of a stack.
    #[derive(Clone, Copy)]
    pub(crate) struct Fiber {
        bottom: usize,
        top: usize,
    }

    impl Fiber {
        pub(crate) const NONE: Self = Self { bottom: 0, top: 0 };

        pub(crate) fn of_this_thread() -> Self {
            let (mut bottom, mut len) = (null_mut(), 0);
            let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
            // SAFETY: this thread lives.
            let myself = unsafe { libc::pthread_self() };
            // SAFETY: writes the attributes, unless it fails.
            let asked = unsafe { libc::pthread_getattr_np(myself, attributes.as_mut_ptr()) };
            assert_eq!(asked, 0, "a thread that does not know its stack");
            // SAFETY: they were written.
            let attributes = unsafe { attributes.assume_init_mut() };
            // SAFETY: reads them.
            unsafe { libc::pthread_attr_getstack(attributes, &raw mut bottom, &raw mut len) };
            // SAFETY: they are used no more.
            unsafe { libc::pthread_attr_destroy(attributes) };
            Self { bottom: bottom.addr(), top: bottom.addr() + len }
        }

        pub(crate) fn born(top: *const u8, slot_len: usize) -> Self {
            let top = top.addr();
            mark(top - DEAD..top, __asan_unpoison_memory_region);
            Self { bottom: top & !(slot_len - 1), top }
        }

        pub(crate) fn died(self) {
            mark(self.top - DEAD..self.top, __asan_poison_memory_region);
        }
    }

    /// Marks memory of a goroutine's stack that is not in use, as touchable or not.
    fn mark(range: core::ops::Range<usize>, how: unsafe extern "C" fn(*const c_void, usize)) {
        // SAFETY: changes the marks only; nobody uses the memory meanwhile.
        unsafe { how(range.start as *const c_void, range.len()) };
    }

    pub(crate) struct Left {
        /// The stack's second stack, for variables that are looked at after their function's end.
        shadow: *mut c_void,
    }

    impl Left {
        #[inline(always)]
        pub(crate) fn back(self) {
            // SAFETY: the shadow that `leave` got, on the same stack.
            unsafe { __sanitizer_finish_switch_fiber(self.shadow, null_mut(), null_mut()) };
        }
    }

    #[inline(always)]
    pub(crate) fn leave(to: Fiber, leaves: Leaves) -> Left {
        let mut left = Left { shadow: null_mut() };
        let save = match leaves {
            Leaves::ForNow => from_mut(&mut left.shadow),
            Leaves::ForGood => {
                // SAFETY: takes the marks away from the frames that stay behind.
                unsafe { __asan_handle_no_return() };
                null_mut() // frees the shadow
            }
        };
        let bottom = to.bottom as *const c_void;
        // SAFETY: the bounds are those of the stack that runs next.
        unsafe { __sanitizer_start_switch_fiber(save, bottom, to.top - to.bottom) };
        left
    }

    #[inline(always)]
    pub(crate) fn first_step() {
        // SAFETY: a stack that has no shadow yet.
        unsafe { __sanitizer_finish_switch_fiber(null_mut(), null_mut(), null_mut()) };
    }

    pub(crate) fn locked<T>(_: &T) {}

    pub(crate) fn unlocks<T>(_: &T) {}
}

#[cfg(gosched_sanitize = "thread")]
mod thread {
    //! `sanitizer/tsan_interface.h`.

    use core::ffi::{c_uint, c_void};
    use core::ptr::null_mut;

    use super::Leaves;

    unsafe extern "C" {
        fn __tsan_get_current_fiber() -> *mut c_void;
        fn __tsan_create_fiber(flags: c_uint) -> *mut c_void;
        fn __tsan_destroy_fiber(fiber: *mut c_void);
        fn __tsan_acquire(address: *mut c_void);
        fn __tsan_release(address: *mut c_void);
        fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: c_uint);
    }

    /// Frames are somewhat larger.
    pub(crate) const STACK_FACTOR: usize = 4;

    /// What one goroutine does in a thread comes before what the next one does there. (The other flag
    /// says the opposite, and then each use of an M by its goroutines is a race.)
    const IN_ORDER: c_uint = 0;

    #[derive(Clone, Copy)]
    pub(crate) struct Fiber(*mut c_void);

    impl Fiber {
        pub(crate) const NONE: Self = Self(null_mut());

        pub(crate) fn of_this_thread() -> Self {
            // SAFETY: asks only.
            Self(unsafe { __tsan_get_current_fiber() })
        }

        pub(crate) fn born(_: *const u8, _: usize) -> Self {
            // SAFETY: makes a record.
            Self(unsafe { __tsan_create_fiber(0) })
        }

        pub(crate) fn died(self) {
            // SAFETY: made by `born`, and its stack was left for good.
            unsafe { __tsan_destroy_fiber(self.0) };
        }
    }

    pub(crate) struct Left;

    impl Left {
        #[inline(always)]
        #[expect(clippy::unused_self, reason = "the shape of the other sanitizer's")]
        pub(crate) fn back(self) {}
    }

    // Inlined: it must not return on another fiber than it was called on.
    #[inline(always)]
    pub(crate) fn leave(to: Fiber, _: Leaves) -> Left {
        // SAFETY: the fiber of the stack that runs next, which runs nowhere now.
        unsafe { __tsan_switch_to_fiber(to.0, IN_ORDER) };
        Left
    }

    #[inline(always)]
    pub(crate) fn first_step() {}

    pub(crate) fn locked<T>(lock: &T) {
        // SAFETY: joins the clocks of this fiber and of the address.
        unsafe { __tsan_acquire(core::ptr::from_ref(lock).cast_mut().cast()) };
    }

    pub(crate) fn unlocks<T>(lock: &T) {
        // SAFETY: joins the clocks of this fiber and of the address.
        unsafe { __tsan_release(core::ptr::from_ref(lock).cast_mut().cast()) };
    }
}
