//! The M that waits for time (Go's `netpoll` with a delay, in `findRunnable`).
//!
//! It has no P, so it waits for time also while goroutines compute on all of them. When a timer is due it
//! takes an idle P and runs it. If there is none for some time, it takes one from a goroutine that computes.

use super::handoffp::handoffp;
use super::start;
use crate::facade::now_ns;
use crate::proto::idle::Spinning;
use crate::proto::pollbreak::Added;
use crate::proto::powner::Take;
use crate::proto::timers::NEVER;
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::work::timers;

/// How long a timer that is due waits for a P whose owner is between two goroutines.
const GRACE_NS: u64 = 50_000;
/// How long the sleeper waits at most when it could not take a P.
const MOST_NS: u64 = 1_000_000;

/// What an M without a P has now.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Slept {
    /// A P, and it spins.
    WithP,
    /// None, and there is nothing to wait for, or another waits.
    WithoutP,
}

/// Waits for time, if there are timers and nobody else does.
pub(crate) fn sleep(m: MRef) -> Slept {
    let sched = m.sched;
    while timers::earliest(&sched) != NEVER {
        if !sched.sleeper.begin() {
            tell_of_an_idle_p(sched);
            break;
        }
        let slept = watch_the_time(m);
        sched.sleeper.end();
        if slept == Slept::WithP || sched.is_stopping() {
            return slept;
        }
    }
    Slept::WithoutP
}

/// The sleeper may wait for a P, and one has just become idle.
fn tell_of_an_idle_p(sched: SchedRef) {
    if timers::are_due(&sched) {
        sched.sleeper.wake();
    }
}

/// As the sleeper: until it has a P for a timer, or there are none.
fn watch_the_time(m: MRef) -> Slept {
    let sched = m.sched;
    let mut patience_ns = GRACE_NS;
    while !sched.is_stopping() {
        let first = timers::earliest(&sched);
        if first == NEVER {
            break;
        }
        let now = now_ns();
        let mut until = first;
        if first <= now {
            if take_idle_p(m) {
                return Slept::WithP;
            }
            if now - first >= GRACE_NS && take_a_p(sched) {
                patience_ns = GRACE_NS;
            }
            until = now + patience_ns;
            patience_ns = MOST_NS.min(2 * patience_ns);
        }
        sched.sleeper.sleep_until(until, first, || timers::earliest(&sched));
    }
    Slept::WithoutP
}

/// Takes an idle P, and spins.
fn take_idle_p(m: MRef) -> bool {
    let Some(p) = m.sched.idle.take_p(Spinning::Yes) else { return false };
    m.acquirep(m.sched.p(p));
    m.set_spinning(Spinning::Yes);
    m.sched.watcher.poke();
    true
}

/// Takes a P from a goroutine in user code, and hands it to an M that will run what is due.
fn take_a_p(sched: SchedRef) -> bool {
    let taken = |p: &PRef| p.owner().is_some_and(|m| m.lease.take(p.id) == Take::Taken);
    let found = sched.allp.iter().map(PRef::new).find(taken);
    if let Some(p) = found {
        handoffp(sched, p);
    }
    found.is_some()
}

/// Called after a timer was added: somebody must wait for it.
pub(crate) fn tell(sched: SchedRef, when: u64) {
    if sched.sleeper.added(when) == Added::Nobody {
        start::wakep(sched);
    }
}
