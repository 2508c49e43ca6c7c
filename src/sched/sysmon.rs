//! The watcher: takes a P from a goroutine that has kept it for too long while others wait, and
//! gives the memory of unused stacks back (Go's `sysmon` and `retake`).
//!
//! It runs on a thread of its own, without a P. When every P is idle it sleeps for good, and whoever
//! starts one wakes it.

use super::m::{MRef, Orders};
use super::newm;
use super::p::PRef;
use super::schedt::{Sched, SchedRef};
use crate::base::list::List;
use crate::facade::now_ns;
use crate::proto::asleep;
use crate::proto::idle::{Dropped, Spinning};
use crate::proto::powner::Take;
use crate::proto::sysmonsleep::Watch;

/// How often it looks.
const TICK_NS: u64 = 1_000_000;
/// How long a goroutine may keep its P while others wait (Go's `forcePreemptNS`).
const QUANTUM_NS: u64 = 10_000_000;
/// How often it gives stacks back.
const COOL_NS: u64 = 1_000_000_000;

/// What the watcher knew of a P when it last saw something change there.
#[derive(Clone, Copy)]
struct Seen {
    schedtick: u32,
    since_ns: u64,
}

/// The watcher's thread.
pub(crate) fn sysmon(sched: SchedRef) {
    let mut seen = vec![Seen { schedtick: 0, since_ns: now_ns() }; sched.procs.len()];
    let mut cooled_ns = now_ns();
    let mut is_cooling = false;
    loop {
        asleep::threads().count_in();
        let watch = if is_all_idle(&sched) {
            while is_all_idle(&sched) && sched.free.cool(cool_one) {}
            sched.watcher.sleep(|| {
                sched.clock.stop();
                !is_all_idle(&sched)
            })
        } else {
            sched.watcher.nap(TICK_NS)
        };
        // By itself: it does not go on because somebody woke it, see `proto/asleep`.
        asleep::threads().count_out();
        if watch == Watch::Over {
            return;
        }
        let now = now_ns();
        sched.clock.wind(now);
        retake(sched, &mut seen, now);
        if now - cooled_ns >= COOL_NS {
            cooled_ns = now;
            is_cooling = true;
        }
        // A few at each tick: there may be a million, and Ps to be taken meanwhile.
        is_cooling = is_cooling && sched.free.cool(cool_one);
    }
}

fn is_all_idle(sched: &Sched) -> bool {
    sched.idle.procs_idle() == sched.config.procs
}

fn cool_one(g: super::g::GRef) {
    let header = super::g::header(g);
    // SAFETY: a free slot; its header lies in the topmost page.
    unsafe { super::arena::release_idle(header.top(), header.class()) };
}

/// Takes every P that one goroutine has had for a quantum while others wait.
fn retake(sched: SchedRef, seen: &mut [Seen], now_ns: u64) {
    for (p, seen) in sched.procs.iter().zip(seen) {
        let schedtick = p.schedtick();
        if schedtick != seen.schedtick {
            *seen = Seen { schedtick, since_ns: now_ns };
        } else if now_ns - seen.since_ns >= QUANTUM_NS && is_wanted(&sched, PRef::new(p)) {
            seen.since_ns = now_ns;
            // Refused: the goroutine is in the runtime, and its next slice is counted anew.
            let _ = take(sched, PRef::new(p));
        }
    }
}

/// Whether something waits for this P.
fn is_wanted(sched: &Sched, p: PRef) -> bool {
    !p.runq.is_empty() || !sched.globrunq.is_empty()
}

/// Takes a P whose goroutine is in user code, and hands it on.
pub(crate) fn take(sched: SchedRef, p: PRef) -> Take {
    let taken = p.owner().map_or(Take::Refused, |m| m.lease.take(p.id));
    if taken == Take::Taken {
        handoffp(sched, p);
    }
    taken
}

/// Finds something to do for a P that the caller owns without being an M (Go's `handoffp`).
fn handoffp(sched: SchedRef, p: PRef) {
    if is_wanted(&sched, p) {
        start_or_shed(sched, p, Spinning::No);
    } else if sched.idle.drop_p(p.id) == Dropped::LookAgain {
        start_or_shed(sched, p, Spinning::Yes);
    }
}

fn start_or_shed(sched: SchedRef, p: PRef, spinning: Spinning) {
    if let Some(m) = sched.idle.take_m() {
        MRef::from_ptr(m).orders.give(Orders::Run(p, spinning));
    } else if let Err(error) = newm::newm(sched, Orders::Run(p, spinning)) {
        newm::complain(&sched, &error);
        shed(sched, p, spinning);
    }
}

/// No thread can be had for the P: what waits on it goes where others look.
fn shed(sched: SchedRef, p: PRef, spinning: Spinning) {
    let mut left = List::new();
    while let Some((g, _)) = p.runq.get() {
        left.push_back(g);
    }
    sched.globrunq.put_batch(left);
    if let Some(m) = sched.idle.unclaim(p.id, spinning) {
        MRef::from_ptr(m).orders.give(Orders::Run(p, spinning));
    }
}
