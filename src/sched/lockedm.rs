//! Goroutines that are wired to their thread (Go's `LockOSThread`, `stoplockedm`, `startlockedm`).

use core::ops::ControlFlow;

use super::g::{self, GRef};
use super::handoffp::handoffp;
use super::m::{MRef, Orders};
use super::{newm, wake};
use crate::facade::Ordering::Relaxed;
use crate::proto::idle::Spinning;
use crate::proto::lockedm::Open;

/// Wires the goroutine that runs this code to its thread. As often as this is called,
/// [`unlock`] must be, in the same goroutine.
#[inline(never)]
pub(crate) fn lock(g: GRef) {
    let m = g::header(g).m();
    if g::header(g).lock_to(m) {
        m.set_lockedg(Some(g));
        newm::set_clean(false);
    }
}

/// Undoes one [`lock`].
#[inline(never)]
pub(crate) fn unlock(g: GRef) {
    if g::header(g).unlock() {
        g::header(g).m().set_lockedg(None);
        newm::set_clean(true);
    }
}

/// Waits until somebody hands over a P with the M's goroutine. The M may have a P, which goes to the
/// others.
pub(crate) fn stoplockedm(m: MRef) -> ControlFlow<()> {
    if m.has_p() {
        handoffp(m.sched, m.releasep());
    }
    // Relaxed: statistic.
    m.sched.locked_idle.fetch_add(1, Relaxed);
    match m.gate.stop(|| m.orders.take()) {
        Some(orders) => wake::obey(m, orders),
        None => ControlFlow::Break(()),
    }
}

/// Hands the M's P to the M that a goroutine is wired to, which then runs it; `m` is left without.
pub(crate) fn startlockedm(m: MRef, to: MRef) -> ControlFlow<()> {
    if to.gate.open() == Open::Closed {
        return ControlFlow::Continue(()); // the runtime ends
    }
    // Before it is woken: it is not idle from here on. Relaxed: statistic.
    m.sched.locked_idle.fetch_sub(1, Relaxed);
    to.orders.give(Orders::Run(m.releasep(), Spinning::No));
    wake::stopm(m)
}
