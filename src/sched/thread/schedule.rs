//! An M's life on g0: find a goroutine, run it, see why it came back.
//!
//! A goroutine leaves its stack with a value, [`After`], and one loop acts on it.

use core::ops::ControlFlow;

use super::find::find_runnable;
use super::{exit, lockedm, moves, wired};
use super::{park, start};
use crate::facade::{self, thread::Fate};
use crate::machine::arch;
use crate::proto::{gstatus::Parked, runq::Next};
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::leave::After;
use crate::sched::gmp::m::{MRef, Orders};
use crate::sched::gmp::marks;
use crate::sched::gmp::p::RUNQ_LEN;
use crate::sched::work::queue;

/// Runs a goroutine on this M until it leaves its stack.
fn execute(m: MRef, g: GRef) -> After {
    let header = g::header(g);
    header.status.run();
    header.set_m(m);
    m.set_curg(Some(g));
    let to = header.sp();
    let arrival = if m.is_watched {
        // SAFETY: the goroutine is suspended and this M owns it, got from a queue.
        unsafe { moves::watched_switch(m, g, to) }
    } else {
        // SAFETY: the same.
        unsafe { arch::switch(to, m.to_word()) }
    };
    header.set_sp(arrival.from);
    m.set_curg(None);
    m.set_blocking(false); // the mark is the goroutine's, which may go on elsewhere
    // SAFETY: the goroutine, whose stack this M still owns, left its value there (`leave`).
    unsafe { (arrival.word as *const After).read() }
}

/// The body of an M's thread.
pub(crate) fn mstart(m: MRef, orders: Orders) -> Fate {
    m.set_tid(facade::thread::id());
    marks::set_clean(true);
    let mut go_on = park::obey(m, orders);
    while go_on.is_continue() {
        go_on = next(m);
    }
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
                Parked::Waiting => return ControlFlow::Continue(()),
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
            After::NoP => {
                header.status.yielded();
                queue::put_shared(&m.sched, g);
                start::wakep(m.sched);
                return if m.lockedg().is_some() {
                    ControlFlow::Continue(())
                } else {
                    park::stopm(m)
                };
            }
            After::Exit => {
                exit::bury(m, g);
                return if m.is_dying() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                };
            }
            After::Panicked(payload) => {
                debug_assert!(facade::owns_panics());
                std::panic::resume_unwind(payload)
            }
        }
    }
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
