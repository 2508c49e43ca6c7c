//! The ends of goroutines (Go's `goexit0`) and of Ms (Go's `mexit`), on g0.

use super::handoffp::handoffp;
use crate::facade::thread;
use crate::proto::freelist::Local;
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
    header.forget_pauses();
    if m.has_p() {
        m.p().own(|own| m.sched.free.put(&mut own.free, g));
    } else {
        let mut local = Local::new();
        m.sched.free.put(&mut local, g);
        m.sched.free.flush(&mut local);
    }
}

/// The end of an M. At the end of its runtime its P, if it has one, belongs to nobody any more.
pub(crate) fn mexit(m: MRef) {
    let p = m.has_p().then(|| m.releasep());
    if !m.is_dying() {
        return;
    }
    // From here on no handler of the user's meets a thread that is half gone.
    thread::block_signals();
    m.sched.mlife.retire(&m);
    if let Some(p) = p {
        // The thread is not clean: an M for this P is made by the template thread.
        handoffp(m.sched, p);
    }
    m.set_dying(false);
    m.sched.mlife.left(&m);
}
