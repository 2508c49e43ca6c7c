//! An M's life on g0: find a goroutine, run it, see why it came back.
//!
//! A goroutine leaves its stack with a value, [`After`], and one loop acts on it.

use core::ops::ControlFlow;

use super::find::find_runnable;
use super::{exit, lockedm, moves, netpoll, wired};
use super::{park, start};
use crate::facade::{self, thread::Fate};
use crate::machine::arch;
use crate::machine::fiber::{self, Fiber, Leaves};
use crate::proto::{gstatus::Parked, runq::Next};
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::leave::After;
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::marks;
use crate::sched::gmp::p::RUNQ_LEN;
use crate::sched::work::{faketime, queue};

/// Runs a goroutine on this M until it leaves its stack.
fn execute(m: MRef, g: GRef) -> After {
    let header = g::header(g);
    header.status.run();
    header.set_m(m);
    m.set_curg(Some(g));
    m.sched.say(|| Event::Runs(g));
    let to = header.sp();
    let left = fiber::leave(header.fiber(), Leaves::ForNow);
    let arrival = if m.is_watched {
        // SAFETY: the goroutine is suspended and this M owns it, got from a queue.
        unsafe { moves::watched_switch(m, g, to) }
    } else {
        // SAFETY: the same.
        unsafe { arch::switch(to, m.to_word()) }
    };
    left.back();
    header.set_sp(arrival.from);
    m.set_blocking(false); // the mark is the goroutine's, which may go on elsewhere
    // SAFETY: the goroutine, whose stack this M still owns, left its value there (`leave`).
    let after = unsafe { &*(arrival.word as *const After) };
    m.sched.say(|| how_it_left(g, after));
    m.set_curg(None);
    // SAFETY: it is moved out once, as `leave` expects.
    unsafe { core::ptr::read(after) }
}

/// How a goroutine has left its stack.
fn how_it_left(g: GRef, after: &After) -> Event<GRef> {
    match after {
        After::Park => {
            let header = g::header(g);
            Event::Waits { g, why: header.wait.why(), at: header.waits_at() }
        }
        After::Yield | After::Spawned(_) => Event::Yields(g),
        After::NoP => Event::LacksP(g),
        After::Exit | After::Over | After::Panicked(_) => Event::Ends(g),
    }
}

/// The body of an M's thread.
pub(crate) fn mstart(m: MRef, orders: Orders) -> Fate {
    m.set_tid(facade::thread::id());
    marks::begin_m(m);
    m.note_float();
    m.set_fiber(Fiber::of_this_thread());
    marks::set_clean(true);
    m.sched.say(|| Event::ThreadBegins(m.tid()));
    let mut go_on = park::obey(m, orders);
    while go_on.is_continue() {
        go_on = next(m);
    }
    m.sched.say(|| Event::ThreadEnds);
    marks::end_m();
    exit::mexit(m)
}

/// Waits for a goroutine and runs it.
fn next(m: MRef) -> ControlFlow<()> {
    if let Some(g) = m.lockedg() {
        lockedm::stoplockedm(m)?;
        start::reset_spinning(&m);
        return run(m, g);
    }
    match find_runnable(m) {
        Some(g) => run(m, g),
        None => ControlFlow::Break(()),
    }
}

/// Runs one goroutine, and again as long as it was readied before it had parked.
fn run(m: MRef, mut g: GRef) -> ControlFlow<()> {
    loop {
        let header = g::header(g);
        if m.sched.pause.is_on() && marks::holds(m, g) {
            return ControlFlow::Continue(());
        }
        match header.lockedm() {
            Some(to) if to != m => return lockedm::startlockedm(m, to),
            None if m.is_threaded => wired::wire(m, g),
            _ => {}
        }
        match execute(m, g) {
            After::Park => match header.status.commit_park() {
                Parked::Waiting => {
                    stop_counting(m);
                    return ControlFlow::Continue(());
                }
                Parked::ReadiedFirst => header.status.yielded(),
            },
            After::Yield => {
                header.status.yielded();
                put_back(m, g);
                return ControlFlow::Continue(());
            }
            After::Spawned(child) => {
                header.status.yielded();
                put_next(m, g);
                g = child;
            }
            After::NoP => return queue_for_a_p(m, g),
            After::Exit => {
                exit::bury(m, g);
                stop_counting(m);
                return after_the_end(m);
            }
            After::Over => return give_up(g),
            After::Panicked(payload) => {
                debug_assert!(facade::owns_panics());
                std::panic::resume_unwind(payload)
            }
        }
    }
}

/// The goroutine waits or has ended: time need not stand still for it.
fn stop_counting(m: MRef) {
    netpoll::poll_before_a_jump(m.sched);
    if faketime::leave(&m.sched) == faketime::News::Work {
        start::wakep(m.sched);
    }
}

/// What an M does whose goroutine has ended: its P may have been taken meanwhile.
fn after_the_end(m: MRef) -> ControlFlow<()> {
    if m.is_dying() {
        ControlFlow::Break(())
    } else if m.has_p() {
        ControlFlow::Continue(())
    } else {
        park::stopm(m)
    }
}

/// Queues a goroutine that needs a P, and parks its M, which has none.
fn queue_for_a_p(m: MRef, g: GRef) -> ControlFlow<()> {
    let is_queued = m.sched.end.unless_over(|| {
        g::header(g).status.yielded();
        queue::put_shared(&m.sched, g);
    });
    if !is_queued {
        return give_up(g);
    }
    start::wakep(m.sched);
    if m.lockedg().is_some() { ControlFlow::Continue(()) } else { park::stopm(m) }
}

/// The goroutine never goes on: its runtime is over, and so is its M, which alone knows of it.
fn give_up(g: GRef) -> ControlFlow<()> {
    // SAFETY: it has left its stack, is in no queue, and stays as it is: running, as others see it.
    unsafe { g::header(g).give_up() };
    ControlFlow::Break(())
}

/// Queues a goroutine that made another to run after that one, in the same time slice.
fn put_next(m: MRef, g: GRef) {
    let p = m.p();
    queue::put(&m.sched, p, g, Next::Yes);
    p.own(|own| own.inherited += 1);
    start::wakep(m.sched);
}

/// Queues a goroutine that yielded behind all others of this P; where these are many, behind those
/// of all Ps.
///
/// Go always uses the shared queue (`goschedImpl`). The end of the P's own is as fair: it is served in
/// order, and whoever is in the shared one gets its turn every 61st time. It needs no lock.
fn put_back(m: MRef, g: GRef) {
    let runq = &m.p().runq;
    if runq.waiting() >= RUNQ_LEN || g::header(g).is_idle_class() {
        queue::put_shared(&m.sched, g);
    } else if let Some(spilled) = runq.put(g, Next::No) {
        m.sched.globrunq.put_batch(spilled);
    } else {
        return;
    }
    start::wakep(m.sched);
}
