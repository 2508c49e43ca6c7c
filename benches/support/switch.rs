//! The switch without a scheduler: `src/machine/arch` itself, which is not part of the public API.

use std::time::{Duration, Instant};

#[path = "../../src/machine/arch/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the scheduler and the tests ask for more")]
mod arch;

use arch::{Arrival, StackPointer};

/// In units of 16 bytes, which is also how a stack is aligned.
const STACK_LEN: usize = 4096;

extern "C" fn echo(from: StackPointer, word: usize) -> ! {
    let mut arrival = Arrival { from, word };
    loop {
        // SAFETY: whoever came is suspended until we switch back.
        arrival = unsafe { arch::switch(arrival.from, arrival.word) };
    }
}

/// How long `n` bare context switches take, there and back.
pub(crate) fn there_and_back(n: u64) -> Duration {
    let mut stack = vec![0_u128; STACK_LEN];
    let top = stack.as_mut_ptr_range().end.cast();
    // SAFETY: the stack is ours, unused and aligned.
    let mut other = unsafe { arch::prepare(top, echo) };
    let start = Instant::now();
    for word in 0..n {
        #[expect(clippy::cast_possible_truncation, reason = "any word will do")]
        let word = word as usize;
        // SAFETY: `other` is suspended in `prepare` or in its own switch.
        other = unsafe { arch::switch(other, word) }.from;
    }
    start.elapsed()
}
