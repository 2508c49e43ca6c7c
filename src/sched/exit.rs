//! A goroutine's end (Go's `goexit0`), on g0: the goroutine has left its stack for good.

use super::g::{self, GRef};
use super::m::MRef;

/// Buries an ended goroutine: its slot is free for the next.
pub(crate) fn bury(m: MRef, g: GRef) {
    g::header(g).status.exited();
    let p = m.p();
    p.count_ended();
    p.own(|own| m.sched.free.put(&mut own.free, g));
}
