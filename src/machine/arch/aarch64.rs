//! The switch for aarch64 (AAPCS64). As on x86-64, but for this:
//!
//! - x19 (LLVM's base pointer) and x29 (the frame pointer) are what cannot be declared clobbered.
//!   `clobber_abi("C")` has x18, the link register and all of v0 to v31: also d8 to d15, which a
//!   function must preserve, so that the compiler saves those that are live.
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
//! - Unwind information keeps the place to resume at under the name of x30.
//! - The places jumped to carry no `bti` landing pad: code compiled with branch protection would
//!   trap here, where the processor enforces it.

use core::arch::{asm, naked_asm};

use super::suspended::{Arrival, Entry, StackPointer};

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
#[expect(clippy::cast_ptr_alignment, reason = "`top` is aligned: the caller's promise")]
pub(crate) unsafe fn prepare(top: *mut u8, entry: Entry) -> StackPointer {
    // SAFETY: (bounds) a stack is larger than the four words.
    let sp = unsafe { top.cast::<usize>().sub(SUSPENDED_WORDS) };
    let frame = [entry as usize, 0, first_frame as *const () as usize, 0];
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
    // SAFETY: the caller's ranges.
    unsafe {
        asm!(
            "cbz {left}, 3f",
            "2:",
            "ldr {word}, [{from}], #8",
            "str {word}, [{to}], #8",
            "sub {left}, {left}, #1",
            "cbnz {left}, 2b",
            "3:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            left = inout(reg) len => _,
            word = out(reg) _,
            options(nostack),
        );
    }
}

/// How DWARF numbers the registers (AADWARF64).
#[cfg(feature = "backtrace")]
pub(crate) mod dwarf {
    pub(crate) const REGISTERS: usize = 32;
    pub(crate) const SP: u16 = 31;
    pub(crate) const RETURN: u16 = 30;
    pub(super) const X19: u16 = 19;
    pub(super) const X29: u16 = 29;
}

/// The registers of a stack that was suspended at `sp`, from its words there.
#[cfg(feature = "backtrace")]
pub(crate) fn registers(sp: usize, words: &[usize]) -> Option<super::Registers> {
    let &[x19, x29, ip, _] = words.first_chunk::<SUSPENDED_WORDS>()?;
    let sp = sp.checked_add(size_of::<[usize; SUSPENDED_WORDS]>())?;
    Some(super::Registers { ip, sp, kept: [(dwarf::X19, x19), (dwarf::X29, x29)] })
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
            "b 3f",
            ".pushsection .text.gosched_switch, \"ax\"",
            ".p2align 2",
            ".cfi_startproc",
            ".cfi_signal_frame",
            ".cfi_def_cfa sp, 0",
            ".cfi_register x30, x9",
            "3:",
            "stp x19, x29, [sp, #-32]!",
            ".cfi_adjust_cfa_offset 32",
            "str x9, [sp, #16]",
            "mov x10, sp",
            "mov sp, x0",              // this stack is suspended; from here on we are `to`
            ".cfi_offset x30, -16",
            ".cfi_offset x29, -24",
            ".cfi_offset x19, -32",
            "mov x0, x10",
            "ldr x9, [sp, #16]",
            ".cfi_register x30, x9",
            "ldp x19, x29, [sp], #32",
            ".cfi_adjust_cfa_offset -32",
            ".cfi_same_value x29",
            ".cfi_same_value x19",
            "br x9",
            ".cfi_endproc",
            ".popsection",
            "2:",
            inlateout("x0") to.0 => from,
            inlateout("x1") word => arrived,
            out("x20") _, out("x21") _, out("x22") _, out("x23") _, out("x24") _,
            out("x25") _, out("x26") _, out("x27") _, out("x28") _,
            clobber_abi("C"),
        );
    }
    Arrival { from: StackPointer(from), word: arrived }
}

/// Calls the entry function with what the first switch brought.
///
/// In: x0 = who came, x1 = its word, x19 = the entry function, x29 = 0, sp = top.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn first_frame() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined x30", // the outermost frame: a backtrace ends here
        "blr x19",
        "brk #1", // the entry function never returns
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
            "stp x29, x30, [sp, #-176]!",
            "stp x19, x20, [sp, #16]",
            "stp x21, x22, [sp, #32]",
            "stp x23, x24, [sp, #48]",
            "stp x25, x26, [sp, #64]",
            "stp x27, x28, [sp, #80]",
            "stp d8, d9, [sp, #96]",
            "stp d10, d11, [sp, #112]",
            "stp d12, d13, [sp, #128]",
            "stp d14, d15, [sp, #144]",
            "str x0, [sp, #160]",
            ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29",
            "add x\\n, x0, #\\n",
            ".endr",
            ".irp n, 8, 9, 10, 11, 12, 13, 14, 15",
            "add x9, x0, #\\n",
            "fmov d\\n, x9",
            ".endr",
            "mov x0, x2",
            "blr x1",
            "ldr x1, [sp, #160]",
            "mov x0, #0",
            ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29",
            "add x9, x1, #\\n",
            "eor x9, x9, x\\n",
            "orr x0, x0, x9",
            ".endr",
            ".irp n, 8, 9, 10, 11, 12, 13, 14, 15",
            "add x9, x1, #\\n",
            "fmov x10, d\\n",
            "eor x9, x9, x10",
            "orr x0, x0, x9",
            ".endr",
            "ldp x19, x20, [sp, #16]",
            "ldp x21, x22, [sp, #32]",
            "ldp x23, x24, [sp, #48]",
            "ldp x25, x26, [sp, #64]",
            "ldp x27, x28, [sp, #80]",
            "ldp d8, d9, [sp, #96]",
            "ldp d10, d11, [sp, #112]",
            "ldp d12, d13, [sp, #128]",
            "ldp d14, d15, [sp, #144]",
            "ldp x29, x30, [sp], #176",
            "ret",
        )
    }

    /// An entry function that answers with the frame pointer it was entered with.
    #[unsafe(naked)]
    pub(in super::super) extern "C" fn frame_pointer_at_entry(_: StackPointer, _: usize) -> ! {
        naked_asm!("mov x1, x29", "b {answer}", answer = sym super::super::tests::answer)
    }

    macro_rules! careless {
        ($($breaking:literal)*) => {
            /// Functions that each break one callee-saved register.
            pub(in super::super) fn careless() -> Vec<Callee> {
                vec![$({
                    #[unsafe(naked)]
                    extern "C" fn callee(_: *mut StackPointer) {
                        naked_asm!($breaking, "ret")
                    }
                    callee
                }),*]
            }
        };
    }
    careless!(
        "mvn x19, x19" "mvn x20, x20" "mvn x21, x21" "mvn x22, x22" "mvn x23, x23"
        "mvn x24, x24" "mvn x25, x25" "mvn x26, x26" "mvn x27, x27" "mvn x28, x28"
        "mvn x29, x29"
        "fneg d8, d8" "fneg d9, d9" "fneg d10, d10" "fneg d11, d11"
        "fneg d12, d12" "fneg d13, d13" "fneg d14, d14" "fneg d15, d15"
    );
}

/// Traps at instructions, by a breakpoint that lies over the code.
#[cfg(test)]
pub(super) mod interrupts {
    use std::cell::Cell;

    use super::first_frame;

    const BREAK: u32 = 0xd420_0000;
    const RETURN: u32 = 0xd65f_03c0;
    const INSTRUCTION: usize = size_of::<u32>();
    const ALL_RIGHTS: i32 = 7;
    const PAGE_SIZE: i32 = 30;

    unsafe extern "C" {
        fn mprotect(at: usize, len: usize, rights: i32) -> i32;
        fn sysconf(name: i32) -> i64;
        fn __clear_cache(begin: *mut u32, end: *mut u32);
    }

    thread_local! {
        /// Where the breakpoint lies now, and what it hides.
        static SET: Cell<Option<(*mut u32, u32)>> = const { Cell::new(None) };
    }

    fn write(at: *mut u32, instruction: u32) {
        // SAFETY: `make_writable` was called, and only this test's functions lie there.
        unsafe { at.write_volatile(instruction) };
        // SAFETY: the instruction just written.
        unsafe { __clear_cache(at, at.wrapping_add(1)) };
    }

    fn make_writable(at: *mut u32) {
        // SAFETY: asks for a number.
        let page = usize::try_from(unsafe { sysconf(PAGE_SIZE) }).expect("a page size");
        let page_of_it = at as usize & !(page - 1);
        // SAFETY: the page stays readable and executable.
        assert_eq!(unsafe { mprotect(page_of_it, page, ALL_RIGHTS) }, 0);
    }

    /// The instructions from `start` to the first that `is_last`.
    fn until(start: usize, is_last: impl Fn(u32) -> bool) -> Vec<*mut u32> {
        let mut all = Vec::new();
        let mut at = start as *mut u32;
        loop {
            all.push(at);
            // SAFETY: the function goes on until its last instruction.
            if is_last(unsafe { at.read() }) {
                return all;
            }
            at = at.wrapping_add(1);
        }
    }

    /// Where an unconditional branch goes.
    fn target(at: *mut u32) -> Option<usize> {
        // SAFETY: an instruction of `until`.
        let instruction = unsafe { at.read() };
        let distance = (instruction << 6).cast_signed() >> 6;
        (instruction >> 26 == 0b00_0101)
            .then(|| (at as usize).wrapping_add_signed(distance as isize * INSTRUCTION as isize))
    }

    /// The last part of the switch in a function that has the instructions `own`.
    fn last_part(own: &[*mut u32]) -> Vec<*mut u32> {
        let outside = |to: &usize| !own.contains(&(*to as *mut u32));
        let start = own.iter().filter_map(|&at| target(at)).find(outside);
        let is_jump = |instruction| instruction & 0xffff_fc1f == 0xd61f_0000;
        until(start.expect("a switch ends with a branch"), is_jump)
    }

    /// Runs `run` with a SIGTRAP at one instruction; false if it did not come there.
    fn with_break_at(at: *mut u32, run: &mut dyn FnMut()) -> bool {
        make_writable(at);
        // SAFETY: an instruction of this test.
        let hidden = unsafe { at.read() };
        SET.set(Some((at, hidden)));
        write(at, BREAK);
        run();
        let is_hit = SET.take().is_none();
        write(at, hidden);
        is_hit
    }

    /// Runs `run` once for each instruction of the two `callers` of a switch, of the last parts of
    /// their switches and of [`first_frame`], with a SIGTRAP at that instruction.
    ///
    /// # Safety
    ///
    /// - Each of `callers` is the address of a function with one switch, which returns.
    /// - SIGTRAP has a handler that calls [`go_on`] and returns.
    pub(in super::super) unsafe fn at_each_instruction(callers: [usize; 2], run: &mut dyn FnMut()) {
        for caller in callers {
            let own = until(caller, |instruction| instruction == RETURN);
            // An unoptimised function has checks that fail never.
            let hits = own.iter().filter(|&&at| with_break_at(at, run)).count();
            assert!(hits > 10, "{hits} instructions of a caller");
            for at in last_part(&own) {
                assert!(with_break_at(at, run), "the last part did not come to {at:?}");
            }
        }
        assert!(with_break_at(first_frame as *mut u32, run));
    }

    /// Takes the breakpoint away, so that the instruction under it runs next.
    pub(in super::super) fn go_on() {
        let (at, instruction) = SET.take().expect("a breakpoint");
        write(at, instruction);
    }
}
