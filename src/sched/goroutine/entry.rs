//! A goroutine's first step and its last.

use super::section::Section;
use crate::machine::arch::StackPointer;
use crate::machine::fiber;
use crate::sched::gmp::fork;
use crate::sched::gmp::leave::{After, leave};
use crate::sched::gmp::m::MRef;

/// The first function on a goroutine's stack.
pub(crate) extern "C" fn goroutine_main(from: StackPointer, word: usize) -> ! {
    fiber::first_step();
    // SAFETY: an M comes with its own address, see `execute`.
    let m = unsafe { MRef::from_word(word) };
    m.set_g0(from);
    let g = m.curg();
    // SAFETY: this is the goroutine, at its first step.
    let section = unsafe { Section::first(g) };
    let body = section.g().body();
    drop(section);
    // SAFETY: called once, on its goroutine.
    let result = unsafe { body(g) };
    // The end needs a P. In a child of fork there is none, and no scheduler to go back to.
    let Some(section) = Section::enter() else { fork::end() };
    let end = core::mem::ManuallyDrop::new(section);
    if cfg!(debug_assertions) {
        end.m().leave_section();
    }
    leave(g, result.map_or_else(After::Panicked, |()| After::Exit));
    unreachable!("an ended goroutine was resumed")
}
