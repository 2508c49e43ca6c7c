//! Finding a goroutine to run: the steps, one after the other (Go's `findRunnable`).

use super::answer::{self, Answered};
use super::sleeper::Slept;
use super::{netpoll, park, sleeper, start};
use crate::proto::idle::{Dropped, Spinning};
use crate::sched::gmp::g::GRef;
use crate::sched::gmp::m::MRef;
use crate::sched::work::timers::Ran;
use crate::sched::work::{awaited, source, take, timers};

/// What the last look before parking saw.
#[derive(PartialEq, Eq)]
enum Saw {
    Work,
    Nothing,
}

/// Waits for a goroutine to run; `None` if the M must end. The M has a P, before and after.
pub(crate) fn find_runnable(m: MRef) -> Option<GRef> {
    loop {
        if m.sched.is_stopping() {
            return None;
        }
        if m.lease.is_wanted() && answer::answer(m) == Answered::WithoutP {
            if park::stopm(m).is_break() {
                return None;
            }
            continue;
        }
        if timers::check(m.sched, m.p()) == Ran::Some || poll_in_turn(m) > 0 {
            start::wakep(m.sched);
        }
        if let Some(g) = take::take_local(m)
            .or_else(|| take_global(m))
            .or_else(|| take_awaited(m))
            .or_else(|| take::steal_as_spinner(m))
            .or_else(|| take::take_idle_class(m))
        {
            start::reset_spinning(&m);
            return Some(g);
        }
        if last_look(m) == Saw::Nothing
            && sleeper::sleep(m) == Slept::WithoutP
            && park::stopm(m).is_break()
        {
            return None;
        }
    }
}

/// Takes from the shared queue; goroutines that come along are announced.
fn take_global(m: MRef) -> Option<GRef> {
    let share = take::take_global(m)?;
    if share.has_others {
        start::wakep(m.sched);
    }
    Some(share.g)
}

/// From the kernel's events, unless somebody sleeps who hears them. Returns how many it queued.
fn poll(m: MRef) -> usize {
    if awaited::are_unheard(&m.sched) { netpoll::poll(m.sched, m.p()) } else { 0 }
}

/// The same in the slices that begin with what belongs to no P.
fn poll_in_turn(m: MRef) -> usize {
    if take::is_turn_of_others(m) && awaited::are_unheard(&m.sched) {
        netpoll::poll_in_turn(m.sched)
    } else {
        0
    }
}

/// Takes a goroutine whose descriptor has become ready; the others are announced.
fn take_awaited(m: MRef) -> Option<GRef> {
    let count = poll(m);
    if count == 0 {
        return None;
    }
    let g = take::take_local(m);
    if count > usize::from(g.is_some()) {
        start::wakep(m.sched);
    }
    g
}

/// Gives the P up; a spinner then looks at every queue once more (`proto/idle`, the dance).
fn last_look(m: MRef) -> Saw {
    let sched = m.sched;
    let p = m.releasep();
    loop {
        match sched.idle.drop_p(p.id, || p.is_asked(&sched)) {
            Dropped::Idle => break,
            Dropped::LookAgain => {
                m.acquirep(p);
                m.set_spinning(Spinning::Yes);
                return Saw::Work;
            }
            Dropped::Asked if answer::answer_released(m, p) == Answered::WithP => {}
            Dropped::Asked => return Saw::Nothing,
        }
    }
    if m.spinning() == Spinning::No {
        return Saw::Nothing;
    }
    m.set_spinning(Spinning::No);
    sched.idle.stop_spinning();
    if !source::exists(&sched) {
        return Saw::Nothing;
    }
    let Some(p) = sched.idle.take_p(Spinning::Yes) else { return Saw::Nothing };
    m.acquirep(sched.p(p));
    m.set_spinning(Spinning::Yes);
    sched.watcher.poke();
    Saw::Work
}
