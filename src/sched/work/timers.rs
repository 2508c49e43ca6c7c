//! Timers as a source of work: a timer whose time has come is like a goroutine in a queue (Go's
//! `checkTimers`, `timeSleepUntil`).

use super::faketime::{self, News};
use crate::proto::gstatus::Readied;
use crate::proto::runq::Next;
use crate::proto::timers::NEVER;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g;
use crate::sched::gmp::p::{Fire, PRef};
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::work::queue;

/// Whether any timer ran.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Ran {
    None,
    Some,
}

/// Runs the timers of the caller's P whose time has come (Go's `checkTimers`).
#[inline]
pub(crate) fn check(sched: SchedRef, p: PRef) -> Ran {
    if p.timers.when() == NEVER { Ran::None } else { run(sched, p, p, sched.now_ns()) }
}

/// Runs the due timers of all other Ps on the caller's P, whose owners may be busy.
pub(crate) fn steal(sched: SchedRef, p: PRef) -> Ran {
    if sched.next_deadline() == NEVER {
        return Ran::None;
    }
    let now = sched.now_ns();
    let others = sched.allp.iter().map(PRef::new).filter(|other| other.id != p.id);
    others.fold(Ran::None, |ran, other| match run(sched, other, p, now) {
        Ran::Some => Ran::Some,
        Ran::None => ran,
    })
}

/// Runs the timers of `from` that are due now, on the caller's P (Go's `runtimer`).
fn run(sched: SchedRef, from: PRef, on: PRef, now: u64) -> Ran {
    if from.timers.when() > now {
        return Ran::None;
    }
    faketime::enter(&sched);
    let mut ran = Ran::None;
    while from.timers.when() <= now
        && let Some(fire) = from.timers.pop_due(now, Fire::claim)
    {
        ran = Ran::Some;
        act(sched, on, fire);
    }
    if faketime::leave(&sched) == News::Work { Ran::Some } else { ran }
}

fn act(sched: SchedRef, p: PRef, fire: Fire) {
    sched.say(|| Event::TimerFires);
    match fire {
        Fire::Ready(g, _) => {
            sched.say(|| Event::Readied(g));
            // Not ready yet: its M has not left it, and runs it again.
            if g::header(g).status.ready() == Readied::Won {
                faketime::enter(&sched);
                queue::put(&sched, p, g, Next::No);
            }
        }
        Fire::Wake(note, _) => note.wakeup(),
        Fire::Call(what, round) => what.is_due(round, sched, p),
    }
}

/// The earliest deadline that a thread has to wait for: none, if time is virtual.
pub(crate) fn earliest(sched: &Sched) -> u64 {
    if sched.faketime.is_some() { NEVER } else { sched.next_deadline() }
}

/// Whether a timer is due.
pub(crate) fn are_due(sched: &Sched) -> bool {
    let next = sched.next_deadline();
    next != NEVER && next <= sched.now_ns()
}

/// Whether nobody waits for the time of some timer.
pub(crate) fn are_forgotten(sched: &Sched) -> bool {
    earliest(sched) != NEVER && !sched.sleeper.is_there()
}
