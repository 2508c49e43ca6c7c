//! Finding something to do for a P whose owner cannot run it.

use super::m::{MRef, Orders};
use super::newm::newm;
use super::p::PRef;
use super::schedt::SchedRef;
use super::work;
use super::world::{Answered, answer_for};
use crate::base::list::List;
use crate::proto::idle::{Dropped, Spinning, Unclaimed};

/// Hands on a P that the caller owns and no M's lease names (Go's `handoffp`): to the world if that
/// is stopped, to an M if there is work for it, else to the idle ones.
pub(crate) fn handoffp(sched: SchedRef, p: PRef) {
    while answer_for(sched, p) == Answered::WithP {
        if work::exists_for(&sched, p) {
            return start_or_shed(sched, p, Spinning::No);
        }
        match sched.idle.drop_p(p.id, || p.is_asked(&sched)) {
            Dropped::Idle => return,
            Dropped::LookAgain => return start_or_shed(sched, p, Spinning::Yes),
            Dropped::Asked => {} // progress: it is answered
        }
    }
}

/// Runs a P with an idle M, or a new one.
fn start_or_shed(sched: SchedRef, p: PRef, spinning: Spinning) {
    let orders = Orders::Run(p, spinning);
    if let Some(m) = sched.idle.take_m() {
        MRef::from_ptr(m).orders.give(orders);
    } else {
        newm(sched, orders);
    }
}

/// No thread can be had for the P: what waits on it goes where others look. True if anything did.
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
pub(crate) fn unclaim(sched: SchedRef, p: PRef, mut spinning: Spinning) -> Option<u32> {
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
