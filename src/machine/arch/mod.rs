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
mod suspended;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub(crate) use suspended::{Arrival, Entry, StackPointer};

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{copy_words, prepare, stack_pointer, switch};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{copy_words, prepare, stack_pointer, switch};

#[cfg(all(feature = "backtrace", target_arch = "aarch64"))]
pub(super) use aarch64::{dwarf, registers};
#[cfg(all(feature = "backtrace", target_arch = "x86_64"))]
pub(super) use x86_64::{dwarf, registers};

#[cfg(feature = "backtrace")]
pub(super) use suspended::Registers;

#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod tests;
