//! The switch for x86-64 (System V): the reference.
//!
//! A suspended stack, growing down:
//!
//! ```text
//!        | ... its own frames ... |
//!        | rbp                    |
//!        | rbx                    |
//!   sp ->| where to resume        |
//! ```
//!
//! The compiler cannot be told that rbx and rbp are clobbered, so the switch pushes them; all other
//! registers it declares clobbered, and the compiler saves just those that are live at that place.
//! The resumption is a jump, not a return: the processor's return predictor stays paired with
//! the calls of the stack that it is on.
//!
//! A prepared stack, before its first switch (the top is a multiple of 16):
//!
//! ```text
//!  top ->|                        |
//!        | the entry function     |
//!   sp ->| first_frame            |
//! ```

use core::arch::{asm, naked_asm};

use super::{Arrival, Entry, StackPointer};

const WORD: usize = size_of::<usize>();
const STACK_ALIGN: usize = 16;
const PREPARED_WORDS: usize = 2;
const _: () = assert!((PREPARED_WORDS * WORD).is_multiple_of(STACK_ALIGN));

/// The address that the stack pointer holds now.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// Makes the stack below `top` ready to enter `entry` at its first [`switch`].
///
/// # Safety
///
/// - `top` is a multiple of 16 and the memory below it is this stack's alone.
#[expect(clippy::cast_ptr_alignment, reason = "`top` is aligned: the caller's promise")]
pub(crate) unsafe fn prepare(top: *mut u8, entry: Entry) -> StackPointer {
    // SAFETY: (bounds) a stack is larger than the two words.
    let sp = unsafe { top.cast::<usize>().sub(PREPARED_WORDS) };
    let frame = [first_frame as *const () as usize, entry as usize];
    // SAFETY: the caller's stack.
    unsafe { sp.cast::<[usize; PREPARED_WORDS]>().write(frame) };
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
    // SAFETY: the caller's promise about `to`; every register that is not pushed is declared
    //         clobbered, and memory is not declared unchanged.
    unsafe {
        asm!(
            "push rbp",
            "push rbx",
            "lea rax, [rip + 2f]",
            "push rax",
            "xchg rsp, rdx",           // this stack is suspended; from here on we are `to`
            "pop rax",
            "jmp rax",
            "2:",
            "pop rbx",
            "pop rbp",
            inlateout("rdx") to.0 => from,
            inlateout("rsi") word => arrived,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("C"),
        );
    }
    Arrival { from: StackPointer(from), word: arrived }
}

/// Calls the entry function with what the first switch brought.
///
/// In: rdx = who came, rsi = its word, [rsp] = the entry function, rsp + 8 = top.
#[unsafe(naked)]
unsafe extern "C" fn first_frame() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip", // the outermost frame: a backtrace ends here
        "pop rax",
        "mov rdi, rdx",
        "xor ebp, ebp", // and so does one that follows frame pointers
        "call rax",
        "ud2", // the entry function never returns
        ".cfi_endproc",
    )
}

#[cfg(test)]
pub(super) mod marked {
    use super::{StackPointer, naked_asm};

    pub(in super::super) type Callee = extern "C" fn(*mut StackPointer);

    /// Calls `callee(argument)` with a mark in every callee-saved register; the answer is zero if
    /// all of them came back.
    ///
    /// # Safety
    ///
    /// - `callee` does not unwind: there are no unwind tables here.
    #[unsafe(naked)]
    pub(in super::super) unsafe extern "C" fn marked_call(
        mark: usize,
        callee: Callee,
        argument: *mut StackPointer,
    ) -> usize {
        naked_asm!(
            "push rbx",
            "push rbp",
            "push r12",
            "push r13",
            "push r14",
            "push r15",
            "push rdi",
            "lea rbx, [rdi + 1]",
            "lea rbp, [rdi + 2]",
            "lea r12, [rdi + 3]",
            "lea r13, [rdi + 4]",
            "lea r14, [rdi + 5]",
            "lea r15, [rdi + 6]",
            "mov rdi, rdx",
            "call rsi",
            "pop rdi",
            "xor eax, eax",
            ".macro difference register, index",
            "lea rcx, [rdi + \\index]",
            "xor rcx, \\register",
            "or rax, rcx",
            ".endm",
            "difference rbx, 1",
            "difference rbp, 2",
            "difference r12, 3",
            "difference r13, 4",
            "difference r14, 5",
            "difference r15, 6",
            ".purgem difference",
            "pop r15",
            "pop r14",
            "pop r13",
            "pop r12",
            "pop rbp",
            "pop rbx",
            "ret",
        )
    }

    /// An entry function that answers with the frame pointer it was entered with.
    #[unsafe(naked)]
    pub(in super::super) extern "C" fn frame_pointer_at_entry(_: StackPointer, _: usize) -> ! {
        naked_asm!("mov rsi, rbp", "jmp {answer}", answer = sym super::super::tests::answer)
    }

    macro_rules! careless {
        ($($register:literal)*) => {
            /// Functions that each break one callee-saved register.
            pub(in super::super) fn careless() -> Vec<Callee> {
                vec![$({
                    #[unsafe(naked)]
                    extern "C" fn callee(_: *mut StackPointer) {
                        naked_asm!(concat!("not ", $register), "ret")
                    }
                    callee
                }),*]
            }
        };
    }
    careless!("rbx" "rbp" "r12" "r13" "r14" "r15");
}
