//! Making Ms (Go's `newm`, `allocm`, `newm1`, `newosproc`), and the thread that makes them for those
//! whose own state must not be passed on.

use super::m::{M, MRef, Orders};
use super::schedt::{Sched, SchedRef};
use super::{handoffp, lockedm, wake, work};
use crate::facade::{thread, tls};
use crate::machine::signal;
use crate::proto::asleep;
use crate::proto::idle::{Claim, Spinning};
use crate::proto::{lockedm::Open, mlife::Refused};

tls! {
    // Whether a thread made by this one is as good as any other: it is one of ours, and its goroutine
    // has not locked itself to it, perhaps to change what a new thread would inherit.
    static IS_CLEAN: core::cell::Cell<bool> = core::cell::Cell::new(false)
}

/// Says whether this thread may make others.
#[inline(never)]
pub(crate) fn set_clean(is_clean: bool) {
    IS_CLEAN.with(|clean| clean.set(is_clean));
}

/// Has an M made, with a thread that begins with `orders`. If none can be made, their P goes to the M
/// of a locked goroutine, or idles, and what waits for it is queued where others look.
pub(crate) fn newm(sched: SchedRef, orders: Orders) {
    if IS_CLEAN.with(core::cell::Cell::get) || !sched.has_template() {
        newm1_or_undo(sched, orders);
    } else if let Err(orders) = sched.template.ask(orders) {
        undo(sched, orders);
    }
}

/// The template thread: makes threads for those that should not.
pub(crate) fn template(sched: SchedRef) {
    set_clean(true);
    while let Some(requests) = sched.template.serve() {
        for orders in requests {
            newm1_or_undo(sched, orders);
        }
    }
}

fn newm1_or_undo(sched: SchedRef, orders: Orders) {
    debug_assert!(
        IS_CLEAN.with(core::cell::Cell::get) || !sched.has_template(),
        "a thread with a state of its own makes another"
    );
    if let Err(error) = newm1(sched, orders) {
        complain(&sched, &error);
        undo(sched, orders);
    }
}

/// Makes an M, with a thread that begins with `orders`.
///
/// # Errors
///
/// If no thread can be created, or may be, or the runtime ends; the P in the orders is still the
/// caller's.
pub(crate) fn newm1(sched: SchedRef, orders: Orders) -> std::io::Result<()> {
    let reservation = match sched.mlife.reserve() {
        Ok(reservation) => reservation,
        Err(Refused::Closed) => {
            return Err(std::io::Error::other("the runtime is shutting down"));
        }
        Err(Refused::Full) => {
            return Err(std::io::Error::other("there are as many threads as there may be"));
        }
    };
    let born = sched.mlife.allocm(reservation, |life| M::new(sched, life));
    let m = MRef::from_ptr(born.m());
    let name = format!("{}-{}", sched.config.thread_name, m.id());
    match thread::spawn(name, sched.signals, move || (sched.mstart)(m, orders)) {
        Ok(thread) => {
            sched.mlife.started(born, Some(thread));
            Ok(())
        }
        Err(error) => {
            sched.mlife.cancel(born);
            Err(error)
        }
    }
}

/// There is no thread for these orders: their P goes to one that runs nothing but its own goroutine,
/// if that waits to be run; else it idles, until another thread parks or the watcher tries again.
fn undo(sched: SchedRef, orders: Orders) {
    let Orders::Run(mut p, mut spinning) = orders else { return };
    let has_shed = handoffp::shed(sched, p);
    while lockedm::start_first(sched, p, spinning) == Open::Closed {
        let debt = handoffp::unclaim(sched, p, spinning);
        if !lockedm::waits(&sched) {
            return owe(sched, debt);
        }
        // Progress: it was queued meanwhile, or is taken by somebody else.
        match sched.idle.claim_owed() {
            Some(Claim { p, m: Some(m) }) => {
                return MRef::from_ptr(m).orders.give(Orders::Run(sched.p(p), Spinning::Yes));
            }
            Some(claim) => (p, spinning) = (sched.p(claim.p), Spinning::Yes),
            None => return owe(sched, debt),
        }
    }
    if has_shed {
        wake::wakep(sched); // while they were in our hands, a last look saw them in no queue
    }
}

/// The look that is owed for want of a thread is the watcher's, if it is of use.
fn owe(sched: SchedRef, debt: Option<u32>) {
    let Some(debt) = debt else { return };
    if work::exists(&sched) {
        lacks(&sched);
        sched.watcher.poke(); // it does not sleep for good now
    } else {
        sched.idle.forgive(debt);
    }
}

/// An M is wanted and cannot be made. The watcher will try again, by the clock: until then not all
/// are asleep, whoever sleeps (`proto/asleep`), so there is one sleeper less.
fn lacks(sched: &Sched) {
    let mut lacks = sched.lacks.lock();
    if !sched.is_stopping() && !core::mem::replace(&mut *lacks, true) {
        asleep::threads().count_out();
    }
}

/// Ends that, if there was an M since, or if the runtime ends.
pub(crate) fn settle(sched: &Sched) {
    let mut lacks = sched.lacks.lock();
    if *lacks && (sched.is_stopping() || !sched.idle.is_short()) {
        *lacks = false;
        asleep::threads().count_in();
    }
}

/// Says once that there are fewer threads than there is work for.
#[cold]
fn complain(sched: &Sched, error: &std::io::Error) {
    let says_kernel = error.raw_os_error().is_some();
    if !says_kernel || sched.is_stopping() || !sched.complains_first() {
        return;
    }
    let line = format!("gosched: cannot create a thread: {error}; going on with those there are\n");
    signal::write_stderr(line.as_bytes());
}
