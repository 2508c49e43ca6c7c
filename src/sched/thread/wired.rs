//! Goroutines wired to an M: how they come to be, and handing a P to such an M from outside.

use crate::facade::Ordering::Relaxed;
use crate::proto::idle::Spinning;
use crate::proto::lockedm::Open;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::marks;
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::{Sched, SchedRef};

/// Wires a goroutine to the M whose thread this is, once more: as often as this is called, it must
/// be undone.
pub(crate) fn wire(m: MRef, g: GRef) {
    if g::header(g).lock_to(m) {
        m.set_lockedg(Some(g));
        // Relaxed: whoever finds it in a queue knows of it, see `is_any_wired`.
        m.sched.wired.fetch_add(1, Relaxed);
        marks::set_clean(false);
    }
}

/// Gives orders to the M of a goroutine that the caller has taken out of its queue.
pub(crate) fn hand_to(to: MRef, orders: impl FnOnce() -> Orders) -> Open {
    let open = to.gate.open();
    if open == Open::Give {
        // Before it is woken: it is not idle from here on. Relaxed: statistic.
        to.sched.locked_idle.fetch_sub(1, Relaxed);
        to.orders.give(orders());
    }
    open
}

/// Hands a P for which there is no thread to an M that is wired to a goroutine in the shared
/// queues: to the M of the first such goroutine. Closed if there is none.
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

/// Saves a look at every queued goroutine where no goroutine is wired.
fn is_any_wired(sched: &Sched) -> bool {
    // Relaxed: it was counted before it was queued, and is ordered with that (`proto/idle`).
    sched.wired.load(Relaxed) != 0
}
