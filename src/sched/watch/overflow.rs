//! A goroutine that needs more stack than it has: one message, and the end of the process.

use core::fmt::{self, Write};

use crate::machine::signal;
use crate::sched::gmp::{arena, g};

/// Called by the fault handler with the address that was touched and the stack pointer at that moment.
pub(crate) fn on_fault(address: usize, stack_pointer: usize) {
    if arena::is_overflow(address, stack_pointer)
        && let Some(g) = g::at(stack_pointer)
    {
        let header = g::header(g);
        let mut text = Text { bytes: [0; 256], len: 0 };
        // A text that does not fit is cut.
        let _ = writeln!(
            text,
            "gosched: goroutine {} has overflowed its stack of {} KiB; \
             raise it with Builder::stack_size",
            header.id(),
            header.class().len() / 1024
        );
        signal::write_stderr(&text.bytes[..text.len]);
        std::process::abort();
    }
}

/// Text without an allocation: a signal handler must not allocate.
struct Text {
    bytes: [u8; 256],
    len: usize,
}

impl Write for Text {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let room = self.bytes.len() - self.len;
        let n = s.len().min(room);
        self.bytes[self.len..self.len + n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        if n == s.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
