//! The M that waits for time and for the kernel's events (Go's `netpoll` with a delay, in `findRunnable`).
//!
//! It has no P, so it waits for time also while goroutines compute on all of them. When a timer is due it
//! takes an idle P and runs it. If there is none for some time, it takes one from a goroutine that computes.
//!
//! It hears events only while a P is idle. All other Ps look for events whenever they find nothing else to
//! do, and now and then before; and the watcher does while they all compute.

use super::handoffp::handoffp;
use super::netpoll::{harvest_heard, inject, put};
use super::start;
use crate::facade::{Ears, now_ns};
use crate::proto::idle::Spinning;
use crate::proto::pollbreak::Added;
use crate::proto::powner::Take;
use crate::proto::timers::NEVER;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::work::{awaited, timers};

/// How long a timer that is due waits for a P whose owner is between two goroutines.
const GRACE_NS: u64 = 50_000;
/// How long the sleeper waits at most when it could not take a P.
const MOST_NS: u64 = 1_000_000;

/// What an M without a P has now.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Slept {
    /// A P. It spins if it took the P for timers, and else has goroutines.
    WithP,
    /// None, and there is nothing to wait for, or another waits.
    WithoutP,
}

/// Waits for time and events, if there are timers or goroutines that wait for descriptors, and nobody else
/// does.
pub(crate) fn sleep(m: MRef) -> Slept {
    let sched = m.sched;
    while is_needed(&sched) {
        if !sched.sleeper.begin() {
            tell_of_an_idle_p(sched);
            break;
        }
        let slept = watch(m);
        sched.sleeper.end();
        if slept == Slept::WithP || sched.is_stopping() {
            return slept;
        }
    }
    Slept::WithoutP
}

fn is_needed(sched: &Sched) -> bool {
    timers::earliest(sched) != NEVER || awaited::are_awaited(sched)
}

/// The sleeper may wait for a P, or not listen for want of one, and one has just become idle.
fn tell_of_an_idle_p(sched: SchedRef) {
    if timers::are_due(&sched) {
        sched.sleeper.wake();
    } else {
        let _ = awaited::open_ears(&sched); // if the sleeper has gone meanwhile, it looks once more
    }
}

/// As the sleeper: until it has a P for a goroutine, or there is nothing to wait for.
fn watch(m: MRef) -> Slept {
    let sched = m.sched;
    let mut patience_ns = GRACE_NS;
    while !sched.is_stopping() && is_needed(&sched) {
        let first = timers::earliest(&sched);
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
        let ears = ears(&sched);
        sched.sleeper.sleep_until(until, ears, || {
            timers::earliest(&sched) < first || self::ears(&sched) != ears
        });
        if ears == Ears::Open && act(m) == Slept::WithP {
            return Slept::WithP;
        }
    }
    Slept::WithoutP
}

/// Whether the sleeper is to hear events: if goroutines wait for them, and a P is idle that could run one.
fn ears(sched: &Sched) -> Ears {
    let is_useful = awaited::are_awaited(sched) && sched.idle.procs_idle() > 0;
    if is_useful { Ears::Open } else { Ears::Shut }
}

/// Readies the goroutines whose descriptors became ready, and takes an idle P for them.
fn act(m: MRef) -> Slept {
    let sched = m.sched;
    let ready = harvest_heard(sched);
    if ready.is_empty() {
        return Slept::WithoutP;
    }
    let Some(p) = sched.idle.take_p(Spinning::No) else {
        inject(sched, ready);
        return Slept::WithoutP;
    };
    m.acquirep(sched.p(p));
    sched.watcher.poke();
    if put(&sched, m.p(), ready) > 1 {
        start::wakep(sched);
    }
    Slept::WithP
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
        sched.say(|| Event::Taken(p.id));
        handoffp(sched, p);
    }
    found.is_some()
}

/// Called after a timer was added: somebody must wait for it, unless time is virtual.
pub(crate) fn tell(sched: SchedRef, when: u64) {
    if sched.faketime.is_none() && sched.sleeper.added(when) == Added::Nobody {
        start::wakep(sched);
    }
}
