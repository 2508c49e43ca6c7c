//! What both switches hand over: suspended stacks, who comes and with what.

/// A suspended stack, as the switch left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct StackPointer(pub(super) usize);

impl StackPointer {
    /// A place holder that must not be switched to.
    pub(crate) const NONE: Self = Self(0);

    /// Where the stack ends: all that is live on it lies above.
    pub(crate) fn address(self) -> usize {
        self.0
    }
}

/// Who came, and with what: the answer of a [`switch`](super::switch).
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    /// The stack that was left for this one, ready to be resumed.
    pub(crate) from: StackPointer,
    /// The word it handed over.
    pub(crate) word: usize,
}

/// The first function on a new stack. It must not return, and no panic may leave it.
pub(crate) type Entry = extern "C" fn(from: StackPointer, word: usize) -> !;

/// What the registers of a suspended stack are when it is resumed, as far as that is known.
#[cfg(feature = "backtrace")]
#[derive(Clone, Copy)]
pub(crate) struct Registers {
    /// Where it is resumed.
    pub(crate) ip: usize,
    pub(crate) sp: usize,
    /// Others, by DWARF's numbers.
    pub(crate) kept: [(u16, usize); 2],
}
