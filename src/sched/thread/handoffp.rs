//! Finding something to do for a P whose owner cannot run it.

use super::answer::{Answered, answer_for};
use super::netpoll;
use super::start::start;
use crate::proto::idle::{Dropped, Spinning};
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::work::source;

/// Hands on a P that the caller owns and no M's lease names (Go's `handoffp`): to the thread that
/// stops the world, if one does; to an M, if there is work for it; else to the idle list.
pub(crate) fn handoffp(sched: SchedRef, p: PRef) {
    while answer_for(sched, p) == Answered::WithP {
        if source::exists_for(&sched, p) {
            return run_elsewhere(sched, p, Spinning::No);
        }
        match sched.idle.drop_p(p.id, || p.is_asked(&sched)) {
            Dropped::Idle => break,
            Dropped::LookAgain => return run_elsewhere(sched, p, Spinning::Yes),
            Dropped::Asked => {} // progress: it is answered
        }
    }
    netpoll::ensure_heard(sched); // the P idles, or the thread that stops the world has it
}

/// Runs a P with an idle M, or a new one.
fn run_elsewhere(sched: SchedRef, p: PRef, spinning: Spinning) {
    let m = sched.idle.take_m().map(MRef::from_ptr);
    start(sched, m, Orders::Run(p, spinning));
}
