//! How a goroutine leaves its stack: with a value that says why.
//!
//! Go's `mcall` functions never return instead; a value keeps the control flow in sight of the reader
//! and of the models.

use super::g::{self, GRef, Panic};
use super::m::MRef;
use crate::machine::arch;
use crate::machine::fiber::{self, Leaves};

/// Why a goroutine left its stack.
pub(crate) enum After {
    /// It waits to be readied.
    Park,
    /// It lets others run.
    Yield,
    /// It has just made another goroutine, which runs before it.
    Spawned(GRef),
    /// Its P was taken while it ran user code, and it needs one.
    NoP,
    /// It has ended.
    Exit,
    /// Its runtime has ended, and it never goes on.
    Over,
    /// A checker's panic reached its base and must reach the M's thread.
    Panicked(Panic),
}

impl After {
    fn leaves(&self) -> Leaves {
        if matches!(self, Self::Exit) { Leaves::ForGood } else { Leaves::ForNow }
    }
}

/// Leaves the goroutine's stack for g0; returns when the goroutine is resumed, on whichever M.
///
/// Not inlined: nothing that the caller knows of its M is good afterwards.
#[inline(never)]
pub(crate) fn leave(g: GRef, after: After) {
    let after = core::mem::ManuallyDrop::new(after);
    let m = g::header(g).m();
    let g0 = m.g0();
    let float = m.note_float();
    let left = fiber::leave(m.fiber(), after.leaves());
    // SAFETY: g0 waits in `execute`, and the value stays here until it was read there.
    let arrival = unsafe { arch::switch(g0, &raw const *after as usize) };
    left.back();
    // SAFETY: an M comes with its own address, see `execute`.
    let m = unsafe { MRef::from_word(arrival.word) };
    m.set_g0(arrival.from);
    m.load_float(float);
}
