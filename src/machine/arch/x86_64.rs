//! The switch for x86-64 (System V): the reference.
//!
//! A suspended stack, and one that is prepared for its first switch (the top is a multiple of 16);
//! both grow down:
//!
//! ```text
//!        | ... its own frames ... |       top ->|                        |
//!        | rbp                    |             | zero                   |
//!        | rbx                    |             | the entry function     |
//!   sp ->| where to resume        |        sp ->| first_frame            |
//! ```
//!
//! The compiler cannot be told that rbx and rbp are clobbered, so the switch pushes them; all other
//! registers it declares clobbered, and the compiler saves just those that are live at that place.
//! The resumption is a jump, not a return: the processor's return predictor stays paired with
//! the calls of the stack that it is on.
//!
//! # Unwinding
//!
//! A profiler's signal handler may unwind the stack at each instruction of the switch, and finds the
//! right frames. The difficulty is that the switch is inlined and moves rsp. Its caller may find its
//! frame by rsp or, with frame pointers, by rbp; inline assembly does not know which, so no
//! directive in it is right for both. Therefore all but the first two instructions lie in a section of
//! their own, and have unwind information of their own, as if they were a function that the caller
//! calls. It counts from rsp alone:
//!
//! ```text
//!   from    rsp is on           the frame above is    and resumes at
//!   3:      the stack we leave  our caller's          rax, which is 2:
//!   push    the same            the same              the same
//!   xchg    the stack we enter  that stack's caller   the word at rsp
//!   pop     the same            the same              rax
//!   2:      the same            (the caller itself)
//! ```
//!
//! - Before 3: and from 2: on, rsp, rbx and rbp are what they are in the rest of the caller, so its
//!   own information is right.
//! - Between them, rsp points to the words that were pushed, and the directives count them. A stack
//!   that was prepared has the same words as one that was suspended, so one description serves both.
//!   Nobody else changes those words: the stack is ours to resume.
//! - In between the trace has no frame for the switch's caller from `xchg` on; it shows the stack that
//!   is being resumed.
//! - A prepared stack resumes at `first_frame`, which says that it is the outermost frame.
//!
//! `.cfi_signal_frame` says that the address to resume at is the next instruction to run. For the
//! address after a call an unwinder looks one byte before it, and there another function may lie.
//!
//! The section has the code once for each caller. A copy that all callers share was measured at
//! twice the time for a switch, because its jump goes to another place each time.

use core::arch::{asm, naked_asm};

use super::suspended::{Arrival, Entry, StackPointer};

const SUSPENDED_WORDS: usize = 3;

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
    // SAFETY: (bounds) a stack is larger than the three words.
    let sp = unsafe { top.cast::<usize>().sub(SUSPENDED_WORDS) };
    let frame = [first_frame as *const () as usize, entry as usize, 0];
    // SAFETY: the caller's stack.
    unsafe { sp.cast::<[usize; SUSPENDED_WORDS]>().write(frame) };
    StackPointer(sp as usize)
}

/// Copies words that another thread may be writing. What comes of it may be torn between words, and
/// the compiler concludes nothing from it.
///
/// # Safety
///
/// - Both ranges are mapped and aligned, and nobody else uses the second.
pub(crate) unsafe fn copy_words(from: *const usize, to: *mut usize, len: usize) {
    // SAFETY: the caller's ranges. One load after the other, which keeps them in order.
    unsafe {
        asm!(
            "test {left}, {left}",
            "jz 3f",
            "2:",
            "mov {word}, [{from}]",
            "mov [{to}], {word}",
            "add {from}, 8",
            "add {to}, 8",
            "dec {left}",
            "jnz 2b",
            "3:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            left = inout(reg) len => _,
            word = out(reg) _,
            options(nostack),
        );
    }
}

/// How DWARF numbers the registers (System V).
#[cfg(feature = "backtrace")]
pub(crate) mod dwarf {
    pub(crate) const REGISTERS: usize = 17;
    pub(crate) const SP: u16 = 7;
    pub(crate) const RETURN: u16 = 16;
    pub(super) const RBX: u16 = 3;
    pub(super) const RBP: u16 = 6;
}

/// The registers of a stack that was suspended at `sp`, from its words there.
#[cfg(feature = "backtrace")]
pub(crate) fn registers(sp: usize, words: &[usize]) -> Option<super::Registers> {
    let &[ip, rbx, rbp] = words.first_chunk::<SUSPENDED_WORDS>()?;
    let sp = sp.checked_add(size_of::<[usize; SUSPENDED_WORDS]>())?;
    Some(super::Registers { ip, sp, kept: [(dwarf::RBX, rbx), (dwarf::RBP, rbp)] })
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
            "lea rax, [rip + 2f]",
            "jmp 3f",
            ".pushsection .text.gosched_switch, \"ax\"",
            ".cfi_startproc",
            ".cfi_signal_frame",
            ".cfi_def_cfa rsp, 0",
            ".cfi_register rip, rax",
            "3:",
            "push rbp",
            ".cfi_adjust_cfa_offset 8",
            "push rbx",
            ".cfi_adjust_cfa_offset 8",
            "push rax",
            ".cfi_adjust_cfa_offset 8",
            "xchg rsp, rdi",           // this stack is suspended; from here on we are `to`
            ".cfi_offset rbp, -8",
            ".cfi_offset rbx, -16",
            ".cfi_offset rip, -24",
            "pop rax",
            ".cfi_adjust_cfa_offset -8",
            ".cfi_register rip, rax",
            "pop rbx",
            ".cfi_adjust_cfa_offset -8",
            ".cfi_same_value rbx",
            "pop rbp",
            ".cfi_adjust_cfa_offset -8",
            ".cfi_same_value rbp",
            "jmp rax",
            ".cfi_endproc",
            ".popsection",
            "2:",
            inlateout("rdi") to.0 => from,
            inlateout("rsi") word => arrived,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("C"),
        );
    }
    Arrival { from: StackPointer(from), word: arrived }
}

/// Calls the entry function with what the first switch brought.
///
/// In: rdi = who came, rsi = its word, rbx = the entry function, rbp = 0, rsp = top.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn first_frame() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip", // the outermost frame: a backtrace ends here
        "call rbx",           // with rbp = 0, where a chain of frame pointers ends
        "ud2",                // the entry function never returns
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

#[cfg(test)]
pub(super) mod interrupts {
    use super::naked_asm;

    /// Makes the processor trap after each instruction of this thread.
    #[unsafe(naked)]
    unsafe extern "C" fn trap() {
        naked_asm!(
            ".cfi_startproc",
            "pushfq",
            ".cfi_adjust_cfa_offset 8",
            "or qword ptr [rsp], 0x100",
            "popfq",
            ".cfi_adjust_cfa_offset -8",
            "ret",
            ".cfi_endproc",
        )
    }

    #[unsafe(naked)]
    unsafe extern "C" fn trap_no_more() {
        naked_asm!(
            ".cfi_startproc",
            "pushfq",
            ".cfi_adjust_cfa_offset 8",
            "and qword ptr [rsp], ~0x100",
            "popfq",
            ".cfi_adjust_cfa_offset -8",
            "ret",
            ".cfi_endproc",
        )
    }

    /// Runs `run` with a SIGTRAP after each of its instructions.
    ///
    /// # Safety
    ///
    /// - SIGTRAP has a handler that returns.
    pub(in super::super) unsafe fn at_each_instruction(_: [usize; 2], run: &mut dyn FnMut()) {
        // SAFETY: changes a flag that only calls the handler.
        unsafe { trap() };
        run();
        // SAFETY: as above.
        unsafe { trap_no_more() };
    }

    /// The flag is off in the handler, and on again after it.
    pub(in super::super) fn go_on() {}
}
