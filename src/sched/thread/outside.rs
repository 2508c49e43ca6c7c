//! Ending a goroutine's wait from a thread that is in no section of the goroutine's runtime.

use super::start;
use crate::proto::gstatus::Readied;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::work::{faketime, queue};

/// Ends the wait of a goroutine that parked, or is about to, once.
pub(crate) fn ready_from_outside(g: GRef, sched: SchedRef) {
    if sched.is_gone() {
        return; // its goroutines wait in another process
    }
    // SAFETY: the goroutine is not ready, and the caller alone may make it so.
    let _sched = unsafe { sched.keep() };
    sched.say(|| Event::Readied(g));
    if g::header(g).status.ready() == Readied::Marked {
        return;
    }
    faketime::enter(&sched);
    queue::put_shared(&sched, g);
    start::wakep(sched);
}
