//! Ending a goroutine's wait (Go's `goready`), wherever the waker runs.

use super::section::{Section, Tried};
use crate::proto::{gstatus::Readied, runq::Next};
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::thread::outside::ready_from_outside;
use crate::sched::thread::start;
use crate::sched::work::{faketime, queue};

/// Ends the wait of a goroutine that parked, or is about to, once. Never waits: a goroutine whose P
/// was taken readies another one like an ordinary thread.
pub(crate) fn ready(g: GRef) {
    match Section::try_enter() {
        Tried::Entered(here) => ready_from(&here, g),
        Tried::NeedsP | Tried::Thread => ready_from_outside(g, g::header(g).sched),
    }
}

/// Like [`ready`], from a goroutine that is in the runtime.
///
/// The caller entered the runtime before the other goroutine is ready. From then on the other one
/// may be the last, and end its runtime. That end waits for its own threads, and does not know the
/// caller's.
pub(crate) fn ready_from(here: &Section, g: GRef) {
    let header = g::header(g);
    let sched = header.sched;
    if here.g().sched != sched {
        return ready_from_outside(g, sched); // a goroutine of another runtime
    }
    sched.say(|| Event::Readied(g));
    if header.status.ready() == Readied::Won {
        faketime::enter(&sched);
        queue::put(&sched, here.p(), g, Next::Yes);
        start::wakep(sched);
    }
}
