//! The context switch: two instruction sets, one contract.
//!
//! [`switch`] suspends the running stack and resumes another, handing over one word each way.
//! [`prepare`] makes a stack that was never run look like a suspended one. `x86_64.rs` is the
//! reference, with pictures and the argument why a signal handler can unwind the stack at each
//! instruction; `aarch64.rs` says only what differs.
//!
//! Neither saves the floating-point control bits, which the scheduler keeps for each goroutine
//! (`machine/float.rs`). Neither switches a shadow stack (CET, GCS), so a process that has one
//! enabled cannot use them.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{prepare, stack_pointer, switch};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{prepare, stack_pointer, switch};

/// A suspended stack, as the switch left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct StackPointer(usize);

impl StackPointer {
    /// A place holder that must not be switched to.
    pub(crate) const NONE: Self = Self(0);
}

/// Who came, and with what: the answer of a [`switch`].
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    /// The stack that was left for this one, ready to be resumed.
    pub(crate) from: StackPointer,
    /// The word it handed over.
    pub(crate) word: usize,
}

/// The first function on a new stack. It must not return, and no panic may leave it.
pub(crate) type Entry = extern "C" fn(from: StackPointer, word: usize) -> !;

#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod tests;
