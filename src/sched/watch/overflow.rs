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
        let mut who = Text::<WHO>::new();
        let mut text = Text::<{ WHO + 256 }>::new();
        // A text that does not fit is cut.
        let _ = write!(who, "{}", header.who());
        let _ = writeln!(
            text,
            "gosched: {} has overflowed its stack of {} KiB; \
             raise it with Builder::stack_size",
            who.as_str(),
            header.class().len() / 1024
        );
        signal::write_stderr(text.as_str().as_bytes());
        std::process::abort();
    }
}

/// So much is said of which goroutine it was, so that there is room for the rest.
const WHO: usize = 160;

/// Text without an allocation: a signal handler must not allocate.
struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    /// What was written, without the part of a character at its end.
    fn as_str(&self) -> &str {
        self.bytes[..self.len].utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }
}

impl<const N: usize> Write for Text<N> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let room = self.bytes.len() - self.len;
        let n = s.len().min(room);
        self.bytes[self.len..self.len + n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        if n == s.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
