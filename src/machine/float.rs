//! The control bits of a thread's floating-point units: how results are rounded, whether tiny ones
//! become zero, which exceptions trap.
//!
//! A C function keeps them for its caller, so the scheduler keeps them for each goroutine. Writing
//! them takes longer than a switch, so they are written only where they differ. The flags that say
//! what happened are nobody's to keep, and a write clears them.
//!
//! x87's control word is not kept. To read it costs as much again, and only C's `long double` is
//! computed there. A C function that changes it must put it back before the goroutine waits.

/// What the control bits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct FloatControl(u32);

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use core::arch::asm;

    use super::FloatControl;

    /// The flags in SSE's control word.
    const FLAGS: u32 = 0x3f;

    impl FloatControl {
        /// What Rust code expects.
        pub(crate) const DEFAULT: Self = Self(0x1f80);

        /// This thread's.
        #[inline(always)]
        pub(crate) fn current() -> Self {
            let mut word = 0_u32;
            // SAFETY: stores a register into the local.
            unsafe {
                asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags));
            };
            Self(word & !FLAGS)
        }

        /// Makes them this thread's.
        #[cold]
        pub(crate) fn load(self) {
            // SAFETY: they were a thread's before; memory is not declared unchanged, so no
            //         computation moves over this.
            unsafe {
                asm!("ldmxcsr [{}]", in(reg) &raw const self.0, options(nostack, preserves_flags));
            }
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use core::arch::asm;

    use super::FloatControl;

    #[expect(clippy::cast_possible_truncation, reason = "the upper half of FPCR is reserved")]
    impl FloatControl {
        /// What Rust code expects.
        pub(crate) const DEFAULT: Self = Self(0);

        /// This thread's.
        #[inline(always)]
        pub(crate) fn current() -> Self {
            let bits: u64;
            // SAFETY: reads a register.
            unsafe {
                asm!("mrs {}, fpcr", out(reg) bits, options(nomem, nostack, preserves_flags))
            };
            Self(bits as u32)
        }

        /// Makes them this thread's.
        #[cold]
        pub(crate) fn load(self) {
            let bits = u64::from(self.0);
            // SAFETY: they were a thread's before; memory is not declared unchanged, so no
            //         computation moves over this.
            unsafe { asm!("msr fpcr, {}", in(reg) bits, options(nostack, preserves_flags)) };
        }
    }
}
