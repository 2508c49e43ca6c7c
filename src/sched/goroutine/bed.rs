//! Sleeping with the thread of a goroutine on virtual time: whoever moves the clock looks at the note.

use core::ptr::NonNull;
use std::sync::Arc;

use super::timed;
use crate::proto::claim::Claim;
use crate::proto::faketime::FakeTime;
use crate::proto::note::{Note, Sleep};
use crate::sched::gmp::g::Waker;
use crate::sched::gmp::p::{Fire, Timer};
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::thread::{netpoll, start};
use crate::sched::work::faketime::{self, News};

/// Sleeps on the note, or until a moment if the clock wins the claim.
pub(super) fn sleep(
    (sched, time): (SchedRef, &FakeTime<Waker>),
    note: &Arc<Note>,
    until: Option<(u64, &Claim)>,
) -> Sleep {
    let timer = Timer::new();
    if let Some((deadline_ns, claim)) = until {
        let fire = Fire::Wake(note.clone(), NonNull::from_ref(claim));
        // The first P: it never goes away, and nobody need own it.
        // SAFETY: the timer stays here until it has fired or was removed, below or by the end.
        unsafe { sched.p(0).timers.add(0, &timer, deadline_ns, fire) };
    }
    netpoll::poll_before_a_jump(sched);
    // SAFETY: the note stays here until `get_up`.
    if unsafe { faketime::lie_down(&sched, time, note) } == News::Work {
        start::wakep(sched);
    }
    note.sleep();
    time.get_up(note);
    note.clear();
    match until {
        None => Sleep::Woken,
        Some((_, claim)) => timed::ended_by(claim, || drop(timed::remove(&sched, &timer))),
    }
}
