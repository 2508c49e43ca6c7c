//! A goroutine wires itself to its thread (Go's `LockOSThread`).

use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::marks;
use crate::sched::thread::wired::wire;

/// Wires the goroutine that runs this code to its thread. The same goroutine must call [`unlock`]
/// as often as this.
#[inline(never)]
pub(crate) fn lock(g: GRef) {
    wire(g::header(g).m(), g);
}

/// Undoes one [`lock`].
#[inline(never)]
pub(crate) fn unlock(g: GRef) {
    if g::header(g).unlock() {
        let m = g::header(g).m();
        m.set_lockedg(None);
        m.sched.count_unwired();
        marks::set_clean(true);
    }
}
