//! The owner's half of a stop: the owner of a P answers for it, if a requester wants anything.

use crate::proto::idle::Spinning;
use crate::proto::stop::Wanted;
use crate::sched::gmp::m::{M, MRef};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::{Sched, SchedRef};

/// What the owner of a P has after it has answered for it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Answered {
    WithP,
    /// The P went to the thread that stops the world.
    WithoutP,
}

/// Answers for a P that the caller owns and no lease names, if anything is wanted.
pub(crate) fn answer_for(sched: SchedRef, p: PRef) -> Answered {
    answer_after(sched, p, || ())
}

/// Like [`answer_for`], for the P that an M on g0 has just released.
pub(crate) fn answer_released(m: MRef, p: PRef) -> Answered {
    answer_after(m.sched, p, || leave_the_look(&m))
}

/// Answers for the P of an M on g0 that was asked for it.
#[cold]
pub(crate) fn answer(m: MRef) -> Answered {
    let p = m.p();
    m.lease.answer(p.id);
    answer_after(m.sched, p, || {
        m.releasep();
        leave_the_look(&m);
    })
}

/// Answers for a P. `stops` runs before the P goes to the thread that stops the world, because that
/// thread may start the world again and look for work at once.
fn answer_after(sched: SchedRef, p: PRef, stops: impl FnOnce()) -> Answered {
    match sched.stop.wanted() {
        Wanted::Nothing => {}
        Wanted::Point => run_safe_point_fn(&sched, p),
        Wanted::Stop => {
            stops();
            sched.stop.arrive();
            return Answered::WithoutP;
        }
    }
    Answered::WithP
}

fn run_safe_point_fn(sched: &Sched, p: PRef) {
    if p.safepoint.claim() {
        sched.point.get()(sched, p);
        sched.stop.arrive();
    }
}

/// A spinner stops for the world, and leaves its look to the thread that starts the world again.
fn leave_the_look(m: &M) {
    if m.spinning() == Spinning::Yes {
        m.set_spinning(Spinning::No);
        m.sched.idle.found_work();
    }
}

impl PRef {
    /// Whether its owner must answer before it gives the P up.
    pub(crate) fn is_asked(self, sched: &Sched) -> bool {
        match sched.stop.wanted() {
            Wanted::Nothing => false,
            Wanted::Stop => true,
            Wanted::Point => self.safepoint.is_due(),
        }
    }
}
