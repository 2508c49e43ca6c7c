//! The context switch: two instruction sets, one contract.
//!
//! [`switch`] suspends the running stack and resumes another, handing over one word each way.
//! [`prepare`] makes a stack that was never run look like a suspended one. `x86_64.rs` is the
//! reference, with pictures; `aarch64.rs` says only what differs.
//!
//! Neither saves the floating-point control word: code that changes the rounding mode must put it
//! back before it calls into the scheduler, as any C function must before it returns.

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
mod tests {
    use super::*;

    const WORDS: usize = 8192;

    #[repr(align(16))]
    struct Stack([usize; WORDS]);

    fn top(stack: &mut Stack) -> *mut u8 {
        stack.0.as_mut_ptr_range().end.cast()
    }

    extern "C" fn doubler(from: StackPointer, word: usize) -> ! {
        let mut arrival = Arrival { from, word };
        loop {
            // SAFETY: whoever came is suspended and waits for the answer.
            arrival = unsafe { switch(arrival.from, arrival.word * 2) };
        }
    }

    #[test]
    fn words_cross_both_ways_and_each_stack_keeps_its_own() {
        let mut stack = Box::new(Stack([0; WORDS]));
        // SAFETY: the stack is ours and unused.
        let mut other = unsafe { prepare(top(&mut stack), doubler) };
        for word in [1, 5, 21, usize::MAX / 2] {
            // SAFETY: `other` is suspended in `prepare` or in its own switch.
            let arrival = unsafe { switch(other, word) };
            assert_eq!(arrival.word, word * 2);
            other = arrival.from;
        }
    }

    extern "C" fn alignment(from: StackPointer, _: usize) -> ! {
        #[repr(align(16))]
        struct Aligned([u8; 16]);
        let here = Aligned([0; 16]);
        let address = std::hint::black_box(&here).0.as_ptr() as usize;
        // SAFETY: as in `doubler`.
        unsafe { switch(from, address % 16) };
        unreachable!("resumed after its answer")
    }

    #[test]
    fn the_first_frame_is_aligned_as_a_call_leaves_it() {
        let mut stack = Box::new(Stack([0; WORDS]));
        // SAFETY: the stack is ours and unused.
        let other = unsafe { prepare(top(&mut stack), alignment) };
        // SAFETY: `other` was just prepared.
        assert_eq!(unsafe { switch(other, 0) }.word, 0);
    }

    #[test]
    fn the_stack_pointer_lies_on_the_running_stack() {
        let local = 0u8;
        assert!(stack_pointer().abs_diff(&raw const local as usize) < 64 * 1024);
    }
}
