//! A thread that unwinds, for the programs of the checkers. All threads of a model are one to std, so a
//! panic would make all of them look so; a program says of one thread that it unwinds.

use std::cell::Cell;

use super::backend::tls;

tls! {
    /// Whether this thread of the model is said to unwind.
    fn unwinds: Cell<bool> = Cell::new(false)
}

/// Whether this thread is said to unwind.
pub(crate) fn panicking() -> bool {
    unwinds(Cell::get).unwrap_or(false)
}

/// Runs `f` as the destructor of a value that a panic drops.
#[cfg(test)]
pub(crate) fn unwinding<R>(f: impl FnOnce() -> R) -> R {
    unwinds(|unwinds| unwinds.set(true));
    let result = f();
    unwinds(|unwinds| unwinds.set(false));
    result
}
