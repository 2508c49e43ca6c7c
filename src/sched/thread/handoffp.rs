//! Finding something to do for a P whose owner cannot run it.

use super::answer::{Answered, answer_for};
use super::start::{start, wakep};
use crate::proto::idle::{Dropped, Spinning};
use crate::proto::pollbreak::Added;
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::work::{netpoll, source};

/// Hands on a P that the caller owns and no M's lease names (Go's `handoffp`): to the thread that
/// stops the world, if one does; to an M, if there is work for it; else to the idle list.
pub(crate) fn handoffp(sched: SchedRef, p: PRef) {
    while answer_for(sched, p) == Answered::WithP {
        if source::exists_for(&sched, p) {
            return run_elsewhere(sched, p, Spinning::No);
        }
        match sched.idle.drop_p(p.id, || p.is_asked(&sched)) {
            Dropped::Idle => return tell_of_an_idle_p(sched),
            Dropped::LookAgain => return run_elsewhere(sched, p, Spinning::Yes),
            Dropped::Asked => {} // progress: it is answered
        }
    }
}

/// Somebody must hear of the kernel's events again, if goroutines wait for them (`pollbreak`, I4).
fn tell_of_an_idle_p(sched: SchedRef) {
    if netpoll::are_awaited(&sched) && sched.sleeper.awaited() == Added::Nobody {
        wakep(sched);
    }
}

/// Runs a P with an idle M, or a new one.
fn run_elsewhere(sched: SchedRef, p: PRef, spinning: Spinning) {
    let m = sched.idle.take_m().map(MRef::from_ptr);
    start(sched, m, Orders::Run(p, spinning));
}
