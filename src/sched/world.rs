//! Stopping and starting the world, and functions that run once for each P (Go's
//! `stopTheWorldWithSema`, `startTheWorldWithSema`, `forEachP`).
//!
//! While the world is stopped no goroutine has a P, so none is in the runtime: what the scheduler
//! keeps is at rest. Goroutines that compute or block in user code go on without a P, as they do when
//! sysmon takes it, and queue at their next call. So a stop waits for runtime sections only.

use std::collections::VecDeque;

use super::g::{self, GRef};
use super::handoffp::handoffp;
use super::here::{Here, Waker};
use super::m::{M, MRef};
use super::p::{P, PRef};
use super::schedt::{Sched, SchedRef};
use super::wait::Wait;
use super::{fork, lockedm, pause, wake, work};
use crate::base::rank::Rank;
use crate::facade::tls;
use crate::proto::idle::Spinning;
use crate::proto::lock::{Guard, Lock};
use crate::proto::powner::Take;
use crate::proto::stop::Wanted;

/// The right to stop the world: one requester has it at a time, the others wait in turn (Go's
/// `worldsema`).
pub(crate) struct WorldSema(Lock<Queue>);

struct Queue {
    is_taken: bool,
    is_closed: bool,
    waiters: VecDeque<Waker>,
}

impl WorldSema {
    pub(crate) fn new() -> Self {
        let queue = Queue { is_taken: false, is_closed: false, waiters: VecDeque::new() };
        Self(Lock::new(Rank::World, queue))
    }

    /// Waits for the right. Blocks the goroutine, or the thread, that calls it; for ever if the
    /// runtime ends.
    pub(crate) fn acquire(&self) {
        loop {
            // First: a goroutine that is held back by a pause must not come to have the right.
            let Some(mut here) = Here::try_now() else {
                Here::settle();
                continue;
            };
            let mut queue = self.0.lock();
            if !queue.is_taken {
                queue.is_taken = true;
                return;
            }
            let is_closed = queue.is_closed;
            if !is_closed {
                queue.waiters.push_back(here.waker());
            }
            drop(queue);
            assert!(!is_closed || here.is_goroutine(), "gosched: the runtime is shutting down");
            // Whoever wakes us has left us the right, if the runtime does not end.
            here.park(Wait::World);
            if !self.0.lock().is_closed {
                return;
            }
        }
    }

    /// Passes the right to whoever waits longest.
    pub(crate) fn release(&self, sched: SchedRef) {
        let mut queue = self.0.lock();
        queue.is_taken = false;
        Self::pass_on(queue, sched);
    }

    /// Passes the right on, if nobody has it, after the end of a pause: those who were held back did
    /// not get it, for the one who paused might have waited for it.
    pub(crate) fn after_pause(&self, sched: SchedRef) {
        Self::pass_on(self.0.lock(), sched);
    }

    fn pass_on(mut queue: Guard<'_, Queue>, sched: SchedRef) {
        if queue.is_taken {
            return;
        }
        let Some(i) = queue.waiters.iter().position(|waiter| may_go_on(waiter, sched)) else {
            return;
        };
        let next = queue.waiters.remove(i);
        queue.is_taken = true;
        drop(queue);
        if let Some(next) = next {
            next.wake();
        }
    }

    /// Takes the right for good: the runtime ends.
    pub(crate) fn close(&self) {
        self.acquire();
        let mut queue = self.0.lock();
        queue.is_closed = true;
        let waiters = core::mem::take(&mut queue.waiters);
        drop(queue);
        waiters.into_iter().for_each(Waker::wake);
    }
}

/// Whether one who waits would run if it was woken.
fn may_go_on(waiter: &Waker, sched: SchedRef) -> bool {
    match waiter {
        Waker::Goroutine(g) if g::header(*g).sched == sched => !pause::forbids(sched, *g),
        Waker::Goroutine(_) | Waker::Thread(_) => true,
    }
}

tls! {
    // Whether this thread has stopped a world, and would wait for itself.
    static STOPS: core::cell::Cell<bool> = core::cell::Cell::new(false)
}

/// Whether the code that runs here has stopped a world: it must not wait for a goroutine, and acts
/// as an ordinary thread where it wakes one.
pub(crate) fn stops_here() -> bool {
    STOPS.with(core::cell::Cell::get)
}

/// A child of fork has stopped nothing, whatever its parent did.
pub(crate) fn forget_stop() {
    STOPS.with(|stops| stops.set(false));
}

/// Panics in a child of fork: it has no world that could be stopped.
#[track_caller]
fn check_here(sched: SchedRef) {
    if sched.is_gone() {
        fork::gone();
    }
}

/// The stopped world, which starts again when this is dropped; then others may stop it.
pub(crate) struct Stopped {
    sched: SchedRef,
}

impl Stopped {
    /// Stops the world. Waits for other requesters, and then for runtime sections.
    pub(crate) fn new(sched: SchedRef) -> Self {
        assert!(!stops_here(), "gosched: the world is stopped here already");
        check_here(sched);
        sched.world.acquire();
        sched.stop.begin(Wanted::Stop, sched.allp.len(), || ());
        gather(sched, |_| sched.stop.arrive());
        sched.stop.wait();
        Self { sched }
    }

    /// Runs `f` while the world is stopped.
    pub(crate) fn with<T>(&self, f: impl FnOnce(SchedRef) -> T) -> T {
        // A goroutine of another runtime may wait in `f`, and must come back to the mark.
        struct Reset(Option<GRef>);
        impl Drop for Reset {
            fn drop(&mut self) {
                STOPS.with(|stops| stops.set(false));
                if let Some(g) = self.0 {
                    lockedm::unlock(g);
                }
            }
        }
        let g = g::current();
        if let Some(g) = g {
            lockedm::lock(g);
        }
        STOPS.with(|stops| stops.set(true));
        let _reset = Reset(g);
        f(self.sched)
    }

    /// Has `procs` Ps from here on (Go's `procresize`). What waits on one that goes is queued where
    /// all look.
    pub(crate) fn resize(&mut self, procs: u32) {
        let sched = self.sched;
        for id in procs..sched.allp.len() {
            let p = sched.p(id);
            super::handoffp::shed(sched, p);
            flush_free(&sched, p);
        }
        sched.allp.resize(procs, P::new);
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let sched = self.sched;
        if sched.is_gone() {
            return; // forked while it was stopped: nothing is here to start
        }
        sched.stop.end();
        for p in sched.allp.iter() {
            handoffp(sched, PRef::new(p));
        }
        sched.idle.take_on_looks();
        if work::exists(&sched) {
            wake::wakep(sched);
        }
        sched.watcher.poke();
        sched.world.release(sched);
    }
}

/// Finds every P: `found` gets those that idle or whose goroutine is in user code, for the caller
/// owns them now. The owners of the others were asked, or will see that something is wanted.
fn gather(sched: SchedRef, found: impl Fn(PRef)) {
    for id in sched.idle.drain() {
        found(sched.p(id));
    }
    for p in sched.allp.iter().map(PRef::new) {
        if let Some(m) = p.owner()
            && m.lease.take(p.id) == Take::Taken
        {
            found(p);
        }
    }
}

/// Runs `f` once for each P, by its owner (Go's `forEachP`). Returns when all have.
pub(crate) fn for_each_p(sched: SchedRef, f: fn(&Sched, PRef)) {
    check_here(sched);
    sched.world.acquire();
    sched.point.set(Some(f));
    sched.stop.begin(Wanted::Point, sched.allp.len(), || {
        sched.allp.iter().for_each(|p| p.safepoint.request());
    });
    gather(sched, |p| handoffp(sched, p));
    sched.stop.wait();
    sched.stop.end();
    sched.point.set(None);
    sched.world.release(sched);
}

/// Gives the free slots that a P keeps to the shared list.
pub(crate) fn flush_free(sched: &Sched, p: PRef) {
    p.own(|own| sched.free.flush(&mut own.free));
}

/// What the owner of a P has after it has answered for it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Answered {
    WithP,
    /// The P went to whoever stops the world.
    WithoutP,
}

/// Answers for a P that the caller owns and no lease names, if anything is wanted.
pub(crate) fn answer_for(sched: SchedRef, p: PRef) -> Answered {
    answer_after(sched, p, || ())
}

/// As [`answer_for`], for the P that an M on g0 has just stopped to lease.
pub(crate) fn answer_released(m: MRef, p: PRef) -> Answered {
    answer_after(m.sched, p, || leave_the_look(&m))
}

/// Answers for the P of an M on g0 that was asked for it.
#[cold]
pub(crate) fn answer(m: MRef) -> Answered {
    let p = m.p();
    m.lease.answer(p.id);
    answer_after(m.sched, p, || {
        m.releasep();
        leave_the_look(&m);
    })
}

/// Answers for a P; `stops` comes before the P goes to whoever stops the world, and may start it and
/// look for work at once.
fn answer_after(sched: SchedRef, p: PRef, stops: impl FnOnce()) -> Answered {
    match sched.stop.wanted() {
        Wanted::Nothing => {}
        Wanted::Point => run_safe_point_fn(&sched, p),
        Wanted::Stop => {
            stops();
            sched.stop.arrive();
            return Answered::WithoutP;
        }
    }
    Answered::WithP
}

fn run_safe_point_fn(sched: &Sched, p: PRef) {
    if p.safepoint.claim() {
        sched.point.get()(sched, p);
        sched.stop.arrive();
    }
}

/// A spinner stops for the world, and leaves its look to whoever starts that again.
fn leave_the_look(m: &M) {
    if m.spinning() == Spinning::Yes {
        m.set_spinning(Spinning::No);
        m.sched.idle.found_work();
    }
}

impl PRef {
    /// Whether its owner must answer before it gives the P up.
    pub(crate) fn is_asked(self, sched: &Sched) -> bool {
        match sched.stop.wanted() {
            Wanted::Nothing => false,
            Wanted::Stop => true,
            Wanted::Point => self.safepoint.is_due(),
        }
    }
}
