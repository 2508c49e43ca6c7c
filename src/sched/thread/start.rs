//! Starting Ms: for work that was queued, and for a P that wants one.

use super::{newm, refused};
use crate::proto::idle::{Claim, Spinning, Submitted};
use crate::sched::gmp::m::{M, MRef, Orders};
use crate::sched::gmp::schedt::SchedRef;

/// Called after work was queued: starts an M for it, unless an M looks for work already.
#[inline]
pub(crate) fn wakep(sched: SchedRef) {
    if sched.idle.submitted() == Submitted::Wake {
        wakep_slow(sched);
    }
}

#[cold]
fn wakep_slow(sched: SchedRef) {
    if let Some(claim) = sched.idle.claim() {
        startm(sched, claim);
        sched.watcher.poke();
    }
}

/// Tries again to start an M that could not be made.
pub(crate) fn retry(sched: SchedRef) {
    if let Some(claim) = sched.idle.claim_owed() {
        startm(sched, claim);
    }
}

/// Hands an idle P to an M, which starts spinning: a parked one, or a new one.
fn startm(sched: SchedRef, Claim { p, m }: Claim<M>) {
    start(sched, m.map(MRef::from_ptr), Orders::Run(sched.p(p), Spinning::Yes));
}

/// Gives orders to a parked M, or to a new one.
pub(crate) fn start(sched: SchedRef, m: Option<MRef>, orders: Orders) {
    match m {
        Some(m) => m.orders.give(orders),
        None => or_undo(sched, newm::newm(sched, orders)),
    }
}

/// If no M could be made for the orders, undoes them.
pub(crate) fn or_undo(sched: SchedRef, made: Result<(), Orders>) {
    if let Err(orders) = made
        && refused::undo(sched, orders) == refused::Left::Seen
    {
        wakep(sched); // a last look may have missed goroutines while they were in no queue
    }
}

/// A spinner that found a goroutine stops spinning. If it was the last spinner, it wakes another,
/// because submitters relied on it.
pub(crate) fn reset_spinning(m: &M) {
    if m.spinning() == Spinning::Yes {
        m.set_spinning(Spinning::No);
        m.sched.idle.found_work();
        wakep(m.sched);
    }
}
