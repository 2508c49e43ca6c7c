//! An M's life on g0: find a goroutine, run it, see why it came back.
//!
//! A goroutine leaves its stack with a value, [`After`], and one loop acts on it. Go's `mcall`
//! functions never return instead; a value keeps the control flow in sight of the reader and of the
//! models.

use core::ops::ControlFlow;

use super::find::find_runnable;
use super::g::{self, GRef, Panic};
use super::m::{M, MRef, Orders};
use super::p::RUNQ_LEN;
use super::section::Section;
use super::{exit, wake};
use crate::facade;
use crate::machine::arch::{self, StackPointer};
use crate::proto::{gstatus::Parked, idle::Spinning, runq::Next};

/// Why a goroutine left its stack.
pub(crate) enum After {
    /// It waits to be readied.
    Park,
    /// It lets others run.
    Yield,
    /// It has just made another goroutine, which runs before it.
    Spawned(GRef),
    /// Its P was taken while it ran user code, and it needs one.
    NoP,
    /// It has ended.
    Exit,
    /// A checker's panic reached its base and must reach the M's thread.
    Panicked(Panic),
}

/// Leaves the goroutine's stack for g0; returns when the goroutine is resumed, on whichever M.
///
/// Not inlined: nothing that the caller knows of its M is good afterwards.
#[inline(never)]
pub(crate) fn leave(g: GRef, after: After) {
    let after = core::mem::ManuallyDrop::new(after);
    let g0 = g::header(g).m().g0();
    // SAFETY: g0 waits in `execute`, and the value stays here until it was read there.
    let arrival = unsafe { arch::switch(g0, &raw const *after as usize) };
    // SAFETY: an M comes with its own address, see `execute`.
    unsafe { MRef::from_word(arrival.word) }.set_g0(arrival.from);
}

/// The first function on a goroutine's stack.
pub(crate) extern "C" fn goroutine_main(from: StackPointer, word: usize) -> ! {
    // SAFETY: an M comes with its own address, see `execute`.
    let m = unsafe { MRef::from_word(word) };
    m.set_g0(from);
    let g = m.curg();
    // SAFETY: this is the goroutine, at its first step.
    let section = unsafe { Section::first(g) };
    let (body, place) = section.g().body();
    drop(section);
    // SAFETY: called once, with its place.
    let result = unsafe { body(place) };
    // The end needs a P; a section that cannot be entered would mean that we are no goroutine.
    let end = core::mem::ManuallyDrop::new(Section::enter());
    if cfg!(debug_assertions)
        && let Some(section) = &*end
    {
        section.m().leave_section();
    }
    leave(g, result.map_or_else(After::Panicked, |()| After::Exit));
    unreachable!("an ended goroutine was resumed")
}

/// Runs a goroutine on this M until it leaves its stack.
fn execute(m: MRef, g: GRef) -> After {
    let header = g::header(g);
    header.status.run();
    header.set_m(m);
    m.set_curg(Some(g));
    let to = header.sp();
    // SAFETY: the goroutine is suspended and this M owns it, got from a queue.
    let arrival = unsafe { arch::switch(to, m.to_word()) };
    header.set_sp(arrival.from);
    m.set_curg(None);
    // SAFETY: the goroutine, whose stack this M still owns, left its value there (`leave`).
    unsafe { (arrival.word as *const After).read() }
}

/// The body of an M's thread.
pub(crate) fn mstart(m: MRef, orders: Orders) {
    let mut go_on = wake::obey(m, orders);
    while go_on.is_continue() {
        go_on = match find_runnable(m) {
            Some(g) => run(m, g),
            None => ControlFlow::Break(()),
        };
    }
    wake::retire(m);
}

/// Runs one goroutine, and again as long as it was readied before it had parked.
fn run(m: MRef, mut g: GRef) -> ControlFlow<()> {
    loop {
        let header = g::header(g);
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
                m.sched.globrunq.put(g);
                wake::wakep(m.sched);
                return wake::stopm(m);
            }
            After::Exit => {
                exit::bury(m, g);
                return ControlFlow::Continue(());
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
    if let Some(spilled) = p.runq.put(g, Next::Yes) {
        m.sched.globrunq.put_batch(spilled);
    }
    p.own(|own| own.inherited += 1);
    wake::wakep(m.sched);
}

/// Queues a goroutine that yielded behind all others of this P; where these are many, behind those
/// of all Ps.
///
/// Go always uses the shared queue (`goschedImpl`). The end of the P's own is as fair: it is served in
/// order, and whoever is in the shared one gets its turn every 61st time. It needs no lock.
fn put_back(m: MRef, g: GRef) {
    let runq = &m.p().runq;
    if runq.waiting() >= RUNQ_LEN {
        m.sched.globrunq.put(g);
    } else if let Some(spilled) = runq.put(g, Next::No) {
        m.sched.globrunq.put_batch(spilled);
    } else {
        return;
    }
    wake::wakep(m.sched);
}

/// A spinner that found a goroutine is none any more, and may be the last that others relied on.
pub(crate) fn reset_spinning(m: &M) {
    if m.spinning() == Spinning::Yes {
        m.set_spinning(Spinning::No);
        m.sched.idle.found_work();
        wake::wakep(m.sched);
    }
}
