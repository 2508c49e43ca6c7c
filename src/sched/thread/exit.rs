//! The ends of goroutines (Go's `goexit0`) and of Ms (Go's `mexit`), on g0.

use super::handoffp::handoffp;
use crate::facade::thread;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::m::MRef;

/// Buries an ended goroutine, which has left its stack for good: its slot is free for the next. If it
/// was wired to its M, that ends as well: who knows what was done to the thread.
pub(crate) fn bury(m: MRef, g: GRef) {
    let header = g::header(g);
    header.status.exited();
    header.end_fiber();
    if header.lockedm().is_some() {
        header.forget_locks();
        m.sched.count_unwired();
        m.set_lockedg(None);
        m.set_dying(true);
    }
    let p = m.p();
    p.count_ended();
    p.own(|own| m.sched.free.put(&mut own.free, g));
}

/// The end of an M. At the end of its runtime its P, if it has one, belongs to nobody any more.
pub(crate) fn mexit(m: MRef) {
    if !m.is_dying() {
        if m.has_p() {
            m.releasep();
        }
        return;
    }
    // From here on no handler of the user's meets a thread that is half gone.
    thread::block_signals();
    let p = m.releasep();
    m.sched.mlife.retire(&m);
    // The thread is not clean: an M for this P is made by the template thread.
    handoffp(m.sched, p);
    m.set_dying(false);
    m.sched.mlife.left(&m);
}
