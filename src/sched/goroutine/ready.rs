//! Ending a goroutine's wait (Go's `goready`), from wherever the waker runs.

use super::section::Section;
use crate::proto::{gstatus::Readied, runq::Next};
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::thread::start;
use crate::sched::work::queue;

/// Ends the wait of a goroutine that parked, or is about to, once.
pub(crate) fn ready(g: GRef) {
    let header = g::header(g);
    let sched = header.sched;
    // Entered before the goroutine is ready: from then on it may be the last, and end its runtime,
    // which waits for its own threads but knows nothing of others.
    match Section::enter() {
        Some(here) if here.g().sched == sched => {
            if header.status.ready() == Readied::Marked {
                return;
            }
            queue::put(&sched, here.p(), g, Next::Yes);
            drop(here);
            start::wakep(sched);
        }
        // An ordinary thread, or a goroutine of another runtime.
        _ => ready_from_outside(g, sched),
    }
}

fn ready_from_outside(g: GRef, sched: SchedRef) {
    if sched.is_gone() {
        return; // its goroutines wait in another process
    }
    // SAFETY: the goroutine is not ready, and the caller alone may make it so.
    let _sched = unsafe { sched.keep() };
    if g::header(g).status.ready() == Readied::Marked {
        return;
    }
    queue::put_shared(&sched, g);
    start::wakep(sched);
}
