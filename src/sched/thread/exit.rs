//! The ends of goroutines (Go's `goexit0`) and of Ms (Go's `mexit`), on g0.

use super::handoffp::handoffp;
use crate::facade::HAS_TIME;
use crate::facade::thread::{self, Fate};
use crate::proto::asleep;
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
    if header.tags.is_some() {
        header.tags.forget(&m.sched.tags);
    }
    if m.has_p() {
        m.p().own(|own| m.sched.free.put(&mut own.free, g));
    } else {
        let mut local = Local::new();
        m.sched.free.put(&mut local, g);
        m.sched.free.flush(&mut local);
    }
}

/// The end of an M, and what becomes of its thread.
pub(crate) fn mexit(m: MRef) -> Fate {
    if m.is_dying() {
        die(m);
        return Fate::Ends; // the record may be another thread's by now
    }
    if m.has_p() {
        m.releasep(); // the runtime ends, and the P belongs to nobody any more
    }
    if m.is_threaded && m.lockedg().is_some() { stay() } else { Fate::Ends }
}

/// The M ends with the goroutine that was wired to it.
fn die(m: MRef) {
    let sched = m.sched;
    // From here on no handler of the user's meets a thread that is half gone.
    thread::block_signals();
    let p = m.has_p().then(|| m.releasep());
    sched.mlife.retire(&m);
    if let Some(p) = p {
        // The thread is not clean: an M for this P is made by the template thread.
        handoffp(sched, p);
    }
    m.set_dying(false);
    sched.mlife.left(&m);
    // Its place is free. The runtime is there still, for it joins this thread.
    if HAS_TIME && sched.idle.is_short() {
        sched.watcher.hurry();
    }
}

/// The runtime has ended before the goroutine that this thread belongs to. The goroutine's frames may
/// have lent out what the thread keeps (a reference from `LocalKey::with`, passed on to a scoped
/// thread), and they never end: so the thread must not end either. It sleeps for ever.
fn stay() -> Fate {
    thread::block_signals();
    if thread::CAN_STAY {
        asleep::threads().count_in();
    }
    Fate::Stays
}
