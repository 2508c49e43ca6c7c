//! Ending a goroutine's wait (Go's `goready`), from wherever the waker runs.

use super::g::{self, GRef};
use super::section::Section;
use super::wake;
use crate::proto::{gstatus::Readied, runq::Next};

/// Ends the wait of a goroutine that parked, or is about to, once.
pub(crate) fn ready(g: GRef) {
    let header = g::header(g);
    if header.status.ready() == Readied::Marked {
        return;
    }
    let sched = header.sched;
    match Section::enter() {
        Some(here) if here.g().sched == sched => {
            if let Some(spilled) = here.p().runq.put(g, Next::Yes) {
                sched.globrunq.put_batch(spilled);
            }
        }
        // An ordinary thread, or a goroutine of another runtime.
        _ => sched.globrunq.put(g),
    }
    wake::wakep(sched);
}
