//! What valgrind must be told. It runs a program on a processor of its own, which takes a certain
//! sequence of instructions, without effect on any other, for a request to itself (`valgrind.h`).

use core::arch::asm;
use core::ops::Range;

/// `VG_USERREQ__STACK_REGISTER`: the memory between two addresses is a stack of its own.
const STACK_REGISTER: usize = 0x1501;

/// A request and its arguments.
type Request = [usize; 6];

/// Tells valgrind of a stack, if it is there: that a stack pointer which moves into it has changed the
/// stack, and not allocated or freed all that lies in between.
pub(crate) fn register_stack(stack: Range<*mut u8>) {
    request(&[STACK_REGISTER, stack.start.addr(), stack.end.addr(), 0, 0, 0]);
}

/// Makes a request; on a real processor, does nothing.
#[cfg(target_arch = "x86_64")]
fn request(request: &Request) {
    // SAFETY: rdi is rotated by 128 bits in all; valgrind reads the request and writes rdx.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") request,
            inout("rdx") 0usize => _,
            options(nostack),
        );
    }
}

/// Makes a request; on a real processor, does nothing.
#[cfg(target_arch = "aarch64")]
fn request(request: &Request) {
    // SAFETY: x12 is rotated by 128 bits in all; valgrind reads the request and writes x3.
    unsafe {
        asm!(
            "ror x12, x12, #3",
            "ror x12, x12, #13",
            "ror x12, x12, #51",
            "ror x12, x12, #61",
            "orr x10, x10, x10",
            in("x4") request,
            inout("x3") 0usize => _,
            options(nostack),
        );
    }
}
