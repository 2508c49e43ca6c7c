//! A goroutine wires itself to its thread (Go's `LockOSThread`).

use crate::facade::Ordering::Relaxed;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::marks;

/// Wires the goroutine that runs this code to its thread. The same goroutine must call [`unlock`]
/// as often as this.
#[inline(never)]
pub(crate) fn lock(g: GRef) {
    let m = g::header(g).m();
    if g::header(g).lock_to(m) {
        m.set_lockedg(Some(g));
        // Relaxed: an M that finds the goroutine in a queue knows of it, see `is_any_wired`.
        m.sched.wired.fetch_add(1, Relaxed);
        marks::set_clean(false);
    }
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
