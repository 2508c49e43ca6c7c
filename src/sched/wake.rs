//! Starting, parking and ending Ms.

use core::ops::ControlFlow;

use super::m::{M, MRef, Orders};
use super::newm::newm;
use super::schedt::{Sched, SchedRef};
use crate::base::throw_unless;
use crate::proto::idle::{Claim, Parked, Spinning, Submitted};
use crate::proto::lockedm::Close;

/// Called after work was queued: starts an M for it unless somebody will see it.
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

/// Starts an M where one could not be had.
pub(crate) fn retry(sched: SchedRef) {
    if let Some(claim) = sched.idle.claim_owed() {
        startm(sched, claim);
    }
}

/// Hands an idle P to an M, which starts spinning: a parked one, or a new one.
fn startm(sched: SchedRef, Claim { p, m }: Claim<M>) {
    let orders = Orders::Run(sched.p(p), Spinning::Yes);
    if let Some(m) = m {
        MRef::from_ptr(m).orders.give(orders);
    } else {
        newm(sched, orders);
    }
}

/// Parks an M that has no P, until it gets one.
pub(crate) fn stopm(m: MRef) -> ControlFlow<()> {
    throw_unless!(!m.has_p(), "stopm: this M has a P");
    throw_unless!(m.spinning() == Spinning::No, "stopm: this M spins");
    let orders = match m.sched.idle.put_m(m.as_ptr()) {
        Parked::Idle => m.orders.take(),
        Parked::LookAgain(p) => Orders::Run(m.sched.p(p), Spinning::Yes),
        Parked::GoHome => Orders::GoHome,
    };
    obey(m, orders)
}

/// Takes a P as ordered, or ends.
pub(crate) fn obey(m: MRef, orders: Orders) -> ControlFlow<()> {
    match orders {
        Orders::Run(p, spinning) => {
            m.set_spinning(spinning);
            m.acquirep(p);
            ControlFlow::Continue(())
        }
        Orders::GoHome => ControlFlow::Break(()),
    }
}

/// Ends all Ms and waits for their threads: each ends when it next looks for a goroutine.
pub(crate) fn stop_all(sched: &Sched) {
    sched.set_stopping();
    sched.template.close();
    sched.watcher.stop();
    let mut threads = sched.mlife.close();
    for m in sched.idle.close() {
        MRef::from_ptr(m).orders.give(Orders::GoHome);
    }
    sched.mlife.for_each(|m| {
        if m.gate.close() == Close::Tell {
            m.orders.give(Orders::GoHome);
        }
    });
    threads.append(&mut sched.helpers.lock());
    for thread in threads {
        thread.join();
    }
}

/// A spinner that found a goroutine is none any more, and may be the last that others relied on.
pub(crate) fn reset_spinning(m: &M) {
    if m.spinning() == Spinning::Yes {
        m.set_spinning(Spinning::No);
        m.sched.idle.found_work();
        wakep(m.sched);
    }
}
