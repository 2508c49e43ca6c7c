//! What `backtrace` is without the feature of that name: no stack is walked.

use std::path::PathBuf;

/// Whether stacks can be walked.
pub(crate) const HAS_BACKTRACES: bool = false;

/// So many frames of a stack are found at most.
pub(crate) const MOST_FRAMES: usize = 128;

/// Walks no stacks.
pub(crate) struct Unwinder;

impl Unwinder {
    pub(crate) fn new() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the shape of the one that does")]
    pub(crate) fn frames(&mut self, _sp: usize, _words: &[usize]) -> Vec<usize> {
        Vec::new()
    }
}

/// A function that an address lies in.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: Option<String>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) line: Option<u32>,
}

/// None: there are no frames to ask for.
pub(crate) fn functions(_address: usize) -> Vec<Function> {
    Vec::new()
}
