//! What becomes of a P for which there is no thread.

use super::wired;
use crate::base::list::List;
use crate::proto::asleep;
use crate::proto::idle::{Claim, Spinning, Unclaimed};
use crate::proto::lockedm::Open;
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::work::source;

use super::answer::{Answered, answer_for};

/// What [`undo`] leaves to its caller.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// Goroutines were in the caller's hands, and a last look saw them in no queue.
    Seen,
}

/// There is no thread for these orders: their P goes to one that runs nothing but its own goroutine,
/// if that waits to be run; else it idles, until another thread parks or the watcher tries again.
pub(crate) fn undo(sched: SchedRef, orders: Orders) -> Left {
    let Orders::Run(mut p, mut spinning) = orders else { return Left::Nothing };
    let has_shed = shed(sched, p);
    while wired::start_first(sched, p, spinning) == Open::Closed {
        let debt = unclaim(sched, p, spinning);
        if !wired::waits(&sched) {
            return owe(sched, debt);
        }
        // Progress: it was queued meanwhile, or is taken by somebody else.
        match sched.idle.claim_owed() {
            Some(Claim { p, m: Some(m) }) => {
                MRef::from_ptr(m).orders.give(Orders::Run(sched.p(p), Spinning::Yes));
                return Left::Nothing;
            }
            Some(claim) => (p, spinning) = (sched.p(claim.p), Spinning::Yes),
            None => return owe(sched, debt),
        }
    }
    if has_shed { Left::Seen } else { Left::Nothing }
}

/// What waits on a P goes where all look. True if anything did.
pub(crate) fn shed(sched: SchedRef, p: PRef) -> bool {
    let mut left = List::new();
    while let Some((g, _)) = p.runq.get() {
        left.push_back(g);
    }
    let has_shed = !left.is_empty();
    sched.globrunq.put_batch(left);
    has_shed
}

/// No thread can be had for a P that was claimed: it idles, and a look is owed, whose number this
/// is; unless a thread parked meanwhile, which has it now, or the world stops, whose starter looks.
fn unclaim(sched: SchedRef, p: PRef, mut spinning: Spinning) -> Option<u32> {
    loop {
        match sched.idle.unclaim(p.id, spinning, || p.is_asked(&sched)) {
            Unclaimed::Idle(debt) => return Some(debt),
            Unclaimed::HandTo(m) => {
                MRef::from_ptr(m).orders.give(Orders::Run(p, spinning));
                return None;
            }
            Unclaimed::Asked if answer_for(sched, p) == Answered::WithP => {
                spinning = Spinning::No; // it is not counted any more
            }
            Unclaimed::Asked => return None,
        }
    }
}

/// The look that is owed for want of a thread is the watcher's, if it is of use.
fn owe(sched: SchedRef, debt: Option<u32>) -> Left {
    match debt {
        Some(_) if source::exists(&sched) => {
            lacks(&sched);
            sched.watcher.poke(); // it does not sleep for good now
        }
        Some(debt) => sched.idle.forgive(debt),
        None => {}
    }
    Left::Nothing
}

/// An M is wanted and cannot be made. The watcher will try again, by the clock: until then not all
/// are asleep, whoever sleeps (`proto/asleep`), so there is one sleeper less.
fn lacks(sched: &Sched) {
    let mut lacks = sched.lacks.lock();
    if !sched.is_stopping() && !core::mem::replace(&mut *lacks, true) {
        asleep::threads().count_out();
    }
}

/// Ends that, if there was an M since, or if the runtime ends.
pub(crate) fn settle(sched: &Sched) {
    let mut lacks = sched.lacks.lock();
    if *lacks && (sched.is_stopping() || !sched.idle.is_short()) {
        *lacks = false;
        asleep::threads().count_in();
    }
}
