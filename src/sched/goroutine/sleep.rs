//! Sleeping with the thread. An ordinary thread does so, and an M whose goroutine must not leave
//! it now: the goroutine unwinds, or runs on a stack of its own making.
//!
//! Such an M gives its P to the others first. If it slept with a P, it would be counted among the
//! threads that can wake nobody, while the watcher may hand that P, with all that waits on it, to
//! another thread (`proto/asleep`, I4).

use core::ptr::NonNull;

use crate::proto::note::Note;
use crate::proto::powner::Entered;
use crate::sched::gmp::g;
use crate::sched::gmp::leave::{After, leave};
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::marks;
use crate::sched::gmp::wait::{Abandon, Site, Wait};
use crate::sched::thread::handoffp::handoffp;

/// Whether this thread runs no goroutine of ours.
pub(crate) fn is_ordinary() -> bool {
    m().is_none()
}

/// The M that this thread is, if its runtime is of this process.
fn m() -> Option<MRef> {
    marks::this_m().filter(|m| !m.sched.is_gone())
}

/// Sleeps until the note is set.
///
/// # Safety
///
/// - `wait` stays where it is until this returns, or for ever.
pub(crate) unsafe fn sleep(note: &Note, why: Wait, at: Site, wait: NonNull<dyn Abandon>) {
    if let Some(m) = m() {
        // SAFETY: as the caller says.
        unsafe { sleep_with(m, note, (why, at), wait) };
    } else {
        note.sleep();
        note.clear();
    }
}

/// Sleeps with the goroutine of an M. If the runtime ends, does not return.
///
/// # Safety
///
/// - As [`sleep`] demands.
#[cold]
unsafe fn sleep_with(m: MRef, note: &Note, (why, at): (Wait, Site), wait: NonNull<dyn Abandon>) {
    let header = g::header(m.curg());
    lend(m);
    header.note_wait(why, at);
    header.set_sleeps(true);
    // SAFETY: it is taken out of the list below, before it goes.
    let is_listed = unsafe { m.sched.end.add(wait) };
    if is_listed {
        note.sleep();
        note.clear();
    }
    if !is_listed || m.sched.end.remove(wait) {
        // SAFETY: the wait is the caller's.
        unsafe { wait.as_ref() }.abandon();
        leave(m.curg(), After::Over);
    }
    header.set_sleeps(false);
}

/// Gives the M's P, if it has one, to the others.
fn lend(m: MRef) {
    let p = match m.lease.enter() {
        Entered::WithP => Some(m.releasep()),
        Entered::WithoutP => {
            m.losep();
            None
        }
    };
    m.lease.leave_without_p();
    if let Some(p) = p {
        handoffp(m.sched, p);
    }
}
