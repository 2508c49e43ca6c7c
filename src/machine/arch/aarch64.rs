//! The switch for aarch64 (AAPCS64). As on x86-64, but for this:
//!
//! - x19 (LLVM's base pointer) and x29 (the frame pointer) are what cannot be declared clobbered.
//! - The stack pointer stays a multiple of 16, so a suspended stack holds four words:
//!
//! ```text
//!        | ... its own frames ... |
//!        | (unused)               |
//!        | where to resume        |
//!        | x29                    |
//!   sp ->| x19                    |
//! ```
//!
//! - A prepared stack has the same four words, with the entry function in place of x19: the first
//!   switch leaves it in x19, where `first_frame` finds it.
//! - The vector registers d8 to d15 are callee-saved here, hence declared clobbered.

use core::arch::{asm, naked_asm};

use super::{Arrival, Entry, StackPointer};

const SUSPENDED_WORDS: usize = 4;

/// The address that the stack pointer holds now.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// Makes the stack below `top` ready to enter `entry` at its first [`switch`].
///
/// # Safety
///
/// - `top` is a multiple of 16 and the memory below it is this stack's alone.
pub(crate) unsafe fn prepare(top: *mut u8, entry: Entry) -> StackPointer {
    // SAFETY: (bounds) a stack is larger than the four words.
    let sp = unsafe { top.cast::<usize>().sub(SUSPENDED_WORDS) };
    let frame = [entry as usize, 0, first_frame as *const () as usize, 0];
    // SAFETY: the caller's stack.
    unsafe { sp.cast::<[usize; SUSPENDED_WORDS]>().write(frame) };
    StackPointer(sp as usize)
}

/// Suspends this stack, resumes `to` there with `word`; returns when something switches back.
///
/// # Safety
///
/// - `to` is suspended (by [`prepare`] or by a switch away from it) and nobody else resumes it.
/// - What runs until this stack is resumed keeps it intact.
#[inline(always)]
pub(crate) unsafe fn switch(to: StackPointer, word: usize) -> Arrival {
    let (from, arrived): (usize, usize);
    // SAFETY: the caller's promise about `to`; every register that is not stored is declared
    //         clobbered, and memory is not declared unchanged.
    unsafe {
        asm!(
            "adr x9, 2f",
            "stp x19, x29, [sp, #-32]!",
            "str x9, [sp, #16]",
            "mov x10, sp",
            "mov sp, x0",              // this stack is suspended; from here on we are `to`
            "mov x0, x10",
            "ldr x9, [sp, #16]",
            "ldp x19, x29, [sp], #32",
            "br x9",
            "2:",
            inlateout("x0") to.0 => from,
            inlateout("x1") word => arrived,
            out("x20") _, out("x21") _, out("x22") _, out("x23") _, out("x24") _,
            out("x25") _, out("x26") _, out("x27") _, out("x28") _, out("lr") _,
            out("d8") _, out("d9") _, out("d10") _, out("d11") _,
            out("d12") _, out("d13") _, out("d14") _, out("d15") _,
            clobber_abi("C"),
        );
    }
    Arrival { from: StackPointer(from), word: arrived }
}

/// Calls the entry function with what the first switch brought.
///
/// In: x0 = who came, x1 = its word, x19 = the entry function, x29 = 0, sp = top.
#[unsafe(naked)]
unsafe extern "C" fn first_frame() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined x30", // the outermost frame: a backtrace ends here
        "blr x19",
        "brk #1", // the entry function never returns
        ".cfi_endproc",
    )
}
