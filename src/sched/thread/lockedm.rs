//! An M that is wired to its goroutine (Go's `stoplockedm`, `startlockedm`).

use core::ops::ControlFlow;

use super::handoffp::handoffp;
use super::park;
use super::wired::hand_to;
use crate::facade::Ordering::Relaxed;
use crate::proto::idle::Spinning;
use crate::proto::lockedm::Open;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::m::{MRef, Orders};

/// Waits until a giver hands over a P for the M's goroutine. If the M has a P, it hands that on
/// first.
pub(crate) fn stoplockedm(m: MRef) -> ControlFlow<()> {
    if m.has_p() {
        handoffp(m.sched, m.releasep());
    }
    // Relaxed: statistic.
    m.sched.locked_idle.fetch_add(1, Relaxed);
    m.sched.say(|| Event::ThreadParks);
    let orders = m.gate.stop(|| m.orders.take());
    m.sched.say(|| Event::ThreadWakes);
    match orders {
        Some(orders) => park::obey(m, orders),
        None => ControlFlow::Break(()),
    }
}

/// Hands the M's P to the M that a goroutine is wired to, which then runs it; `m` is left without.
pub(crate) fn startlockedm(m: MRef, to: MRef) -> ControlFlow<()> {
    match hand_to(to, || Orders::Run(m.releasep(), Spinning::No)) {
        Open::Give => park::stopm(m),
        Open::Closed => ControlFlow::Continue(()), // the runtime ends
    }
}
