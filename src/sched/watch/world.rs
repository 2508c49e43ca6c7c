//! Stopping and starting the world, and functions that run once for each P (Go's
//! `stopTheWorldWithSema`, `startTheWorldWithSema`, `forEachP`).
//!
//! While the world is stopped no goroutine has a P, so none is in the runtime: what the scheduler
//! keeps is at rest. Goroutines that compute or block in user code continue without a P, as they
//! do when sysmon takes it, and queue at their next call that may wait. So a stop waits for
//! runtime sections only.

use core::panic::Location;

use crate::proto::lock::Guard;
use crate::proto::powner::Take;
use crate::proto::stop::Wanted;
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, GRef, Waker};
use crate::sched::gmp::p::{P, PRef};
use crate::sched::gmp::schedt::{Queue, Right, Sched, SchedRef};
use crate::sched::gmp::wait::{Abandon, Wait};
use crate::sched::gmp::{fork, marks};
use crate::sched::goroutine::here::Here;
use crate::sched::goroutine::osthread;
use crate::sched::thread::handoffp::handoffp;
use crate::sched::thread::netpoll::poll_without_p;
use crate::sched::thread::{refused, start};
use crate::sched::work::{awaited, faketime, source};

/// Waits for the right to stop the world. Blocks the goroutine, or the thread, that calls it; for
/// ever if the runtime ends.
///
/// The caller arrives first, because a goroutine that a pause holds back must not get the right.
#[track_caller]
fn acquire(sched: SchedRef) {
    let mut here = Here::arrive();
    let mut queue = sched.world.0.lock();
    if queue.right == Right::Free && !queue.is_closed {
        queue.right = Right::Taken;
        return;
    }
    if let Some(refusal) = here.refusal() {
        drop(queue);
        refusal.panic();
    }
    let waiter = Waiter::new((), here.waker());
    // SAFETY: the node stays here until this goroutine or thread was woken, or for ever.
    unsafe { queue.waiters.push_back(&waiter) };
    drop(queue);
    let wait = ForTheRight { sched, waiter: &waiter };
    here.park(Wait::World, Location::caller(), &wait);
    // If the runtime ends, its end has taken the right back from us.
    while !claim(sched) {
        here.park(Wait::World, Location::caller(), &wait);
    }
}

/// Claims the right that a waiter was given; false if the end has taken it back.
fn claim(sched: SchedRef) -> bool {
    let mut queue = sched.world.0.lock();
    let is_granted = queue.right == Right::Granted;
    queue.right = Right::Taken;
    is_granted
}

/// A wait for the right to stop the world. If the waiter was woken, it has the right, and passes it
/// on.
struct ForTheRight<'a> {
    sched: SchedRef,
    waiter: &'a Waiter<(), Waker>,
}

impl Abandon for ForTheRight<'_> {
    fn abandon(&self) {
        let withdrawn = self.sched.world.0.lock().waiters.withdraw(self.waiter);
        match withdrawn {
            Withdrawn::Queued(waker) => waker.abandon(),
            Withdrawn::WasWoken(()) => release(self.sched),
            Withdrawn::Already => {}
        }
    }
}

/// Passes the right to the goroutine or thread that has waited longest.
fn release(sched: SchedRef) {
    let mut queue = sched.world.0.lock();
    queue.right = Right::Free;
    pass_on(queue, sched);
}

/// Passes the right on after the end of a pause, if no requester has it. Goroutines that were held
/// back did not get the right, because the goroutine that paused them might have waited for it.
pub(crate) fn after_pause(sched: SchedRef) {
    pass_on(sched.world.0.lock(), sched);
}

fn pass_on(mut queue: Guard<'_, Queue>, sched: SchedRef) {
    if queue.right != Right::Free || queue.is_closed {
        return;
    }
    let next = queue.waiters.pop_where(|(), waiter| may_go_on(waiter, sched), |()| ());
    if next.is_some() {
        queue.right = Right::Granted;
    }
    drop(queue);
    if let Some(((), next)) = next {
        next.wake();
    }
}

/// Whether a waiter would run if it was woken.
fn may_go_on(waiter: &Waker, sched: SchedRef) -> bool {
    match waiter {
        Waker::Goroutine(g) if g::header(*g).sched == sched => !marks::forbids(sched, *g),
        Waker::Goroutine(_) | Waker::Thread(_) | Waker::Task(_) => true,
    }
}

/// Panics if this thread has stopped a world, which it would wait for, and in a child of fork, which
/// has no world that could be stopped.
#[track_caller]
fn check_here(sched: SchedRef) {
    assert!(
        !marks::stops_here(),
        "gosched: the world is stopped here already; move this call out of the closure of \
         stop_the_world"
    );
    if sched.is_gone() {
        fork::gone();
    }
}

/// The stopped world. When this is dropped, the world starts again, and other requesters may stop
/// it.
pub(crate) struct Stopped {
    sched: SchedRef,
}

impl Stopped {
    /// Stops the world. Waits for other requesters, and then for runtime sections.
    #[track_caller]
    pub(crate) fn new(sched: SchedRef) -> Self {
        check_here(sched);
        acquire(sched);
        stop(sched);
        sched.world.0.lock().is_stopped = true;
        Self { sched }
    }

    /// Runs `f` while the world is stopped.
    pub(crate) fn with<T>(&self, f: impl FnOnce(SchedRef) -> T) -> T {
        // A goroutine of another runtime may wait in `f`, and must come back to the thread that bears
        // the mark.
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

    /// Has `procs` Ps from here on (Go's `procresize`). What waits on a P that goes away is queued
    /// where all Ms look.
    pub(crate) fn resize(&mut self, procs: u32) {
        let sched = self.sched;
        faketime::enter(&sched); // the timers of a P that goes are nowhere for a moment
        for id in procs..sched.allp.len() {
            let p = sched.p(id);
            refused::shed(sched, p);
            flush_free(&sched, p);
            p.timers.move_to(&sched.p(0).timers, 0);
        }
        sched.allp.resize(procs, P::new);
        // What is due is seen when the world starts again.
        let _ = faketime::leave(&sched);
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let sched = self.sched;
        if sched.is_gone() || !may_start(sched) {
            return; // forked while it was stopped, or the runtime ends: nothing is here to start
        }
        if awaited::are_awaited(&sched) {
            poll_without_p(sched); // nobody did meanwhile
        }
        sched.say(|| Event::WorldStarts);
        sched.stop.end();
        for p in sched.allp.iter() {
            handoffp(sched, PRef::new(p));
        }
        sched.idle.take_on_looks();
        if source::exists(&sched) {
            start::wakep(sched);
        }
        sched.watcher.poke();
        release(sched);
    }
}

/// Whether the world may be started again; if the runtime ends, the end has a stopped world now.
fn may_start(sched: SchedRef) -> bool {
    let mut queue = sched.world.0.lock();
    if queue.is_closed {
        queue.right = Right::Free;
    } else {
        queue.is_stopped = false;
    }
    !queue.is_closed
}

/// Stops the world. The caller has the right to.
fn stop(sched: SchedRef) {
    sched.say(|| Event::StopsWorld);
    sched.stop.begin(Wanted::Stop, sched.allp.len(), || ());
    gather(sched, |_| sched.stop.arrive());
    sched.stop.wait();
    sched.say(|| Event::WorldStopped);
}

/// Stops the world for good: the runtime ends, and no requester gets the right any more. While
/// another requester has the right, calls `nap` and looks again. If `nap` says that the time is
/// over and that requester has stopped the world, the world is left as it is: it does not start
/// again.
pub(crate) fn stop_for_good(sched: SchedRef, mut nap: impl FnMut() -> Time) {
    sched.world.0.lock().is_closed = true;
    let is_stopped = loop {
        let mut queue = sched.world.0.lock();
        if core::mem::replace(&mut queue.right, Right::Taken) != Right::Taken {
            break queue.is_stopped;
        }
        let is_stopped = queue.is_stopped;
        drop(queue);
        if nap() == Time::Over && is_stopped {
            return; // the requester that has stopped it leaves it so
        }
    };
    if !is_stopped {
        stop(sched);
    }
}

/// Whether there is time left to wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    Left,
    Over,
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
            sched.say(|| Event::Taken(p.id));
            found(p);
        }
    }
}

/// Runs `f` once for each P, by its owner (Go's `forEachP`). Returns when all have.
#[track_caller]
pub(crate) fn for_each_p(sched: SchedRef, f: fn(&Sched, PRef)) {
    check_here(sched);
    acquire(sched);
    sched.point.set(Some(f));
    sched.stop.begin(Wanted::Point, sched.allp.len(), || {
        sched.allp.iter().for_each(|p| p.safepoint.request());
    });
    gather(sched, |p| handoffp(sched, p));
    sched.stop.wait();
    sched.stop.end();
    sched.point.set(None);
    release(sched);
}

/// Gives the free slots that a P keeps to the shared list.
pub(crate) fn flush_free(sched: &Sched, p: PRef) {
    p.own(|own| sched.free.flush(&mut own.free));
}
