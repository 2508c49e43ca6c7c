//! What becomes of a P for which there is no thread.

use super::wired;
use crate::base::list::List;
use crate::proto::asleep;
use crate::proto::idle::{Claim, Spinning, Unclaimed};
use crate::proto::lockedm::Open;
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::work::{awaited, source};

use super::answer::{Answered, answer_for};

/// What [`undo`] leaves to its caller.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// For a moment goroutines were in no queue, and a last look may have missed them.
    Seen,
}

/// There is no thread for these orders. If a wired goroutine waits to be run, its P goes to that
/// goroutine's M. Else the P idles, until another thread parks or the watcher tries again.
pub(crate) fn undo(sched: SchedRef, orders: Orders) -> Left {
    let Orders::Run(mut p, mut spinning) = orders else { return Left::Nothing };
    let has_shed = shed(sched, p);
    while wired::start_first(sched, p, spinning) == Open::Closed {
        let debt = unclaim(sched, p, spinning);
        if !wired::waits(&sched) {
            return owe(sched, debt);
        }
        // Progress: the wired goroutine was queued meanwhile, or another thread takes it.
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

/// Moves the goroutines that wait on a P to the shared queue. True if there were any.
pub(crate) fn shed(sched: SchedRef, p: PRef) -> bool {
    let mut left = List::new();
    while let Some((g, _)) = p.runq.get() {
        left.push_back(g);
    }
    let has_shed = !left.is_empty();
    sched.globrunq.put_batch(left);
    has_shed
}

/// No thread can be had for a P that was claimed. Normally the P becomes idle and a look is owed;
/// this returns its number. It returns `None` if a thread parked meanwhile and has the P now, or if
/// the world stops: then the thread that starts the world looks.
fn unclaim(sched: SchedRef, p: PRef, mut spinning: Spinning) -> Option<u32> {
    loop {
        match sched.idle.unclaim(p.id, spinning, || p.is_asked(&sched)) {
            Unclaimed::Idle(debt) => {
                let _ = awaited::open_ears(&sched); // without a sleeper, the look that is owed does it
                return Some(debt);
            }
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

/// Leaves the owed look to the watcher, if there is work to find; else forgives it.
fn owe(sched: SchedRef, debt: Option<u32>) -> Left {
    match debt {
        Some(_) if source::exists(&sched) => {
            lacks(&sched);
            sched.watcher.poke(); // it does not sleep now
        }
        Some(debt) => sched.idle.forgive(debt),
        None => {}
    }
    Left::Nothing
}

/// An M is wanted and cannot be made. The watcher will try again when the clock wakes it. Until
/// then the process is not asleep, even if all threads sleep, so one sleeper is taken out
/// (`proto/asleep`).
fn lacks(sched: &Sched) {
    let mut lacks = sched.lacks.lock();
    if !sched.is_stopping() && !core::mem::replace(&mut *lacks, true) {
        asleep::threads().count_out();
    }
}

/// Ends what [`lacks`] began, if an M could be made since, or if the runtime ends.
pub(crate) fn settle(sched: &Sched) {
    let mut lacks = sched.lacks.lock();
    if *lacks && (sched.is_stopping() || !sched.idle.is_short()) {
        *lacks = false;
        asleep::threads().count_in();
    }
}
