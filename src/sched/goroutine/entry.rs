//! A goroutine's first step and its last.

use super::section::{Section, enter_for_good};
use crate::machine::arch::StackPointer;
use crate::machine::fiber;
use crate::machine::float::FloatControl;
use crate::sched::gmp::leave::{After, leave};
use crate::sched::gmp::m::MRef;

/// The first function on a goroutine's stack.
pub(crate) extern "C" fn goroutine_main(from: StackPointer, word: usize) -> ! {
    fiber::first_step();
    // SAFETY: an M comes with its own address, see `execute`.
    let m = unsafe { MRef::from_word(word) };
    m.set_g0(from);
    m.load_float(FloatControl::DEFAULT); // not its maker's: Rust code expects the default
    let g = m.curg();
    // SAFETY: this is the goroutine, at its first step.
    let section = unsafe { Section::first(g) };
    let body = section.g().body();
    drop(section);
    // SAFETY: called once, on its goroutine.
    let result = unsafe { body(g) };
    enter_for_good(g);
    leave(g, result.map_or_else(After::Panicked, |()| After::Exit));
    unreachable!("an ended goroutine was resumed")
}
