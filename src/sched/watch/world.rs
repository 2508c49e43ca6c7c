//! Stopping and starting the world, and functions that run once for each P (Go's
//! `stopTheWorldWithSema`, `startTheWorldWithSema`, `forEachP`).
//!
//! While the world is stopped no goroutine has a P, so none is in the runtime: what the scheduler
//! keeps is at rest. Goroutines that compute or block in user code go on without a P, as they do when
//! sysmon takes it, and queue at their next call. So a stop waits for runtime sections only.

use crate::proto::lock::Guard;
use crate::proto::powner::Take;
use crate::proto::stop::Wanted;
use crate::sched::gmp::g::{self, GRef, Waker};
use crate::sched::gmp::p::{P, PRef};
use crate::sched::gmp::schedt::{Queue, Sched, SchedRef, WorldSema};
use crate::sched::gmp::wait::Wait;
use crate::sched::gmp::{fork, marks};
use crate::sched::goroutine::here::Here;
use crate::sched::goroutine::osthread;
use crate::sched::thread::handoffp::handoffp;
use crate::sched::thread::{refused, start};
use crate::sched::work::source;

impl WorldSema {
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
        Waker::Goroutine(g) if g::header(*g).sched == sched => !marks::forbids(sched, *g),
        Waker::Goroutine(_) | Waker::Thread(_) => true,
    }
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
        assert!(!marks::stops_here(), "gosched: the world is stopped here already");
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
                marks::set_stops_here(false);
                if let Some(g) = self.0 {
                    osthread::unlock(g);
                }
            }
        }
        let g = g::current();
        if let Some(g) = g {
            osthread::lock(g);
        }
        marks::set_stops_here(true);
        let _reset = Reset(g);
        f(self.sched)
    }

    /// Has `procs` Ps from here on (Go's `procresize`). What waits on one that goes is queued where
    /// all look.
    pub(crate) fn resize(&mut self, procs: u32) {
        let sched = self.sched;
        for id in procs..sched.allp.len() {
            let p = sched.p(id);
            refused::shed(sched, p);
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
        if source::exists(&sched) {
            start::wakep(sched);
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
