//! Sleeping with the thread. An ordinary thread does so, and an M whose goroutine must not leave
//! it now: the goroutine unwinds, or runs on a stack of its own making.
//!
//! Such an M gives its P to the others first. If it slept with a P, it would be counted among the
//! threads that can wake nobody, while the watcher may hand that P, with all that waits on it, to
//! another thread (`proto/asleep`, I4).

use core::ptr::NonNull;
use std::sync::Arc;

use super::bed;
use crate::proto::claim::{self, Claim};
use crate::proto::note::{Note, Sleep};
use crate::proto::powner::Entered;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g;
use crate::sched::gmp::leave::{After, leave};
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::marks;
use crate::sched::gmp::schedt::SchedRef;
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

/// Until when a thread sleeps.
#[derive(Clone, Copy)]
pub(crate) enum Until<'a> {
    /// Until its note is set.
    Woken,
    /// The same, or until this moment, if the clock wins the claim.
    Time(u64, &'a Claim),
}

/// Sleeps until the note is set, or the time is up.
///
/// # Safety
///
/// - `wait` stays where it is until this returns, or for ever.
pub(crate) unsafe fn sleep(
    note: &Arc<Note>,
    until: Until<'_>,
    why: (Wait, Site),
    wait: NonNull<dyn Abandon>,
) -> Sleep {
    match m() {
        // SAFETY: as the caller says.
        Some(m) => unsafe { sleep_with(m, note, until, why, wait) },
        None => sleep_on(note, until),
    }
}

fn sleep_on(note: &Note, until: Until<'_>) -> Sleep {
    if let Until::Time(deadline_ns, claim) = until
        && note.sleep_until(deadline_ns) == Sleep::TimedOut
    {
        if claim.try_claim(claim::TIME) {
            return Sleep::TimedOut;
        }
        note.sleep(); // a waker won, and comes
    } else if let Until::Woken = until {
        note.sleep();
    }
    note.clear();
    Sleep::Woken
}

/// Sleeps with the goroutine of an M. If the runtime ends, does not return.
///
/// # Safety
///
/// - As [`sleep`] demands.
#[cold]
unsafe fn sleep_with(
    m: MRef,
    note: &Arc<Note>,
    until: Until<'_>,
    (why, at): (Wait, Site),
    wait: NonNull<dyn Abandon>,
) -> Sleep {
    let g = m.curg();
    let header = g::header(g);
    lend(m);
    header.note_wait(why, at);
    header.set_sleeps(true);
    m.sched.say(|| Event::Sleeps { g, why, at: Some(at) });
    // SAFETY: it is taken out of the list below, before it goes.
    let is_listed = unsafe { m.sched.end.add(wait) };
    let slept = if is_listed { sleep_by(m.sched, note, until) } else { Sleep::Woken };
    if !is_listed || m.sched.end.remove(wait) {
        // SAFETY: the wait is the caller's.
        unsafe { wait.as_ref() }.abandon();
        leave(m.curg(), After::Over);
    }
    header.set_sleeps(false);
    m.sched.say(|| Event::WakesUp(g));
    slept
}

/// Sleeps by the clock of a runtime.
fn sleep_by(sched: SchedRef, note: &Arc<Note>, until: Until<'_>) -> Sleep {
    match &sched.faketime {
        None => sleep_on(note, until),
        Some(time) => {
            let until = match until {
                Until::Woken => None,
                Until::Time(deadline_ns, claim) => Some((deadline_ns, claim)),
            };
            bed::sleep((sched, time), note, until)
        }
    }
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
