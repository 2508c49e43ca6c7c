//! Goroutines that are wired to their thread (Go's `LockOSThread`, `stoplockedm`, `startlockedm`).

use core::ops::ControlFlow;

use super::g::{self, GRef};
use super::handoffp::handoffp;
use super::m::{MRef, Orders};
use super::p::PRef;
use super::schedt::{Sched, SchedRef};
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
        // Relaxed: whoever finds it in a queue knows of it, see `is_any_wired`.
        m.sched.wired.fetch_add(1, Relaxed);
        newm::set_clean(false);
    }
}

/// Undoes one [`lock`].
#[inline(never)]
pub(crate) fn unlock(g: GRef) {
    if g::header(g).unlock() {
        let m = g::header(g).m();
        m.set_lockedg(None);
        count_out(m.sched);
        newm::set_clean(true);
    }
}

/// A goroutine is wired no more.
pub(crate) fn count_out(sched: SchedRef) {
    // Relaxed: it is in no queue.
    sched.wired.fetch_sub(1, Relaxed);
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
    match hand_to(to, || Orders::Run(m.releasep(), Spinning::No)) {
        Open::Give => wake::stopm(m),
        Open::Closed => ControlFlow::Continue(()), // the runtime ends
    }
}

/// Hands a P for which there is no thread to the M of the first goroutine in the shared queues that
/// is wired to one. Closed if there is none.
///
/// Go ends the process when the kernel refuses it a thread (`newosproc`).
pub(crate) fn start_first(sched: SchedRef, p: PRef, spinning: Spinning) -> Open {
    if !is_any_wired(&sched) {
        return Open::Closed;
    }
    let first = sched.globrunq.get_first(is_wired).or_else(|| sched.idleq.get_first(is_wired));
    let Some(g) = first else { return Open::Closed };
    let Some(to) = g::header(g).lockedm() else { return Open::Closed };
    p.begin_slice(g::header(g).is_idle_class());
    hand_to(to, || Orders::Run(p, spinning))
}

/// Whether a goroutine in the shared queues waits for an M that it is wired to.
pub(crate) fn waits(sched: &Sched) -> bool {
    is_any_wired(sched) && (sched.globrunq.has(is_wired) || sched.idleq.has(is_wired))
}

fn is_wired(g: GRef) -> bool {
    g::header(g).lockedm().is_some()
}

/// Where none is, nobody looks at a million others.
fn is_any_wired(sched: &Sched) -> bool {
    // Relaxed: it was counted before it was queued, and is ordered with that (`proto/idle`).
    sched.wired.load(Relaxed) != 0
}

/// Gives orders to the M of a goroutine that the caller has taken out of its queue.
fn hand_to(to: MRef, orders: impl FnOnce() -> Orders) -> Open {
    let open = to.gate.open();
    if open == Open::Give {
        // Before it is woken: it is not idle from here on. Relaxed: statistic.
        to.sched.locked_idle.fetch_sub(1, Relaxed);
        to.orders.give(orders());
    }
    open
}
