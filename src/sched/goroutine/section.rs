//! A goroutine inside the runtime: it has a P, and nobody takes it.
//!
//! The guard is Go's `acquirem` and its `entersyscall`/`exitsyscall` turned inside out: user code
//! only leases its P, and a section is where the P is certain. No user code runs in a section (no
//! destructor, no closure of the user's), so sections do not nest.

use core::ptr::NonNull;

use crate::base::throw_unless;
use crate::facade::panicking;
use crate::proto::idle::Spinning;
use crate::proto::powner::{Entered, Left};
use crate::proto::stop::Wanted;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::fork;
use crate::sched::gmp::g::{self, G, GRef};
use crate::sched::gmp::leave::{After, leave};
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::marks::{self, stops_here};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::gmp::wait::{Abandon, Site, Wait, for_ever};
use crate::sched::thread::handoffp::handoffp;

/// The guard. While it lives, the goroutine has a P.
pub(crate) struct Section {
    g: GRef,
}

impl Section {
    /// Enters the runtime from the goroutine that runs this code; `None` on an ordinary thread.
    ///
    /// Waits for a P if the goroutine's was taken, so this is a switch point. Three kinds of
    /// goroutines must not wait for a P. If they have none, they get `None`, and act like an
    /// ordinary thread:
    ///
    /// - a goroutine that unwinds, because std counts panics by thread, and the P may come with
    ///   another thread,
    /// - a goroutine that has stopped the world,
    /// - a goroutine in a child of `fork`.
    #[inline]
    pub(crate) fn enter() -> Option<Self> {
        let g = g::current()?;
        if g::header(g).m().lease.enter() == Entered::WithoutP {
            if panicking() || stops_here() || g::header(g).sched.is_gone() {
                g::header(g).m().lease.leave_without_p();
                return None;
            }
            reacquire(g);
        }
        Some(Self::new(g))
    }

    /// Like [`enter`](Self::enter), but does not wait: not a switch point.
    #[inline]
    pub(crate) fn try_enter() -> Tried {
        let Some(g) = g::current() else { return Tried::Thread };
        let m = g::header(g).m();
        if m.lease.enter() == Entered::WithP {
            return Tried::Entered(Self::new(g));
        }
        // Back to where we were: in user code, without a P, to be told again.
        m.lease.leave_without_p();
        if m.sched.is_gone() { Tried::Thread } else { Tried::NeedsP }
    }

    /// Enters the runtime at a goroutine's end. If its P was taken, it comes to its end without one,
    /// unless the world is stopped or a pause holds it back: then it waits like
    /// [`enter`](Self::enter).
    pub(crate) fn enter_at_end() -> Option<Self> {
        let g = g::current()?;
        match Self::try_enter() {
            Tried::Entered(section) => Some(section),
            Tried::NeedsP if may_not_end_now(g) => Self::enter(),
            Tried::NeedsP | Tried::Thread => None,
        }
    }

    #[inline]
    fn new(g: GRef) -> Self {
        if cfg!(debug_assertions) {
            throw_unless!(g::header(g).m().enter_section(), "a runtime section in another");
        }
        Self { g }
    }

    /// The section that a goroutine is in when it is first run.
    ///
    /// # Safety
    ///
    /// - The caller runs on the goroutine `g`, was just switched to, and makes one section of it.
    pub(crate) unsafe fn first(g: GRef) -> Self {
        Self::new(g)
    }

    #[inline]
    pub(crate) fn g(&self) -> &G {
        g::header(self.g)
    }

    pub(crate) fn g_ref(&self) -> GRef {
        self.g
    }

    /// The M that runs the goroutine now: not the same after a park.
    #[inline]
    pub(crate) fn m(&self) -> MRef {
        self.g().m()
    }

    /// The goroutine's P now.
    #[inline]
    pub(crate) fn p(&self) -> PRef {
        self.m().p()
    }

    /// Waits until a readier ends the wait, once for each park. The caller has told the readier,
    /// within this section, how to find the goroutine.
    ///
    /// # Safety
    ///
    /// - `wait` stays where it is until this returns, or for ever.
    pub(crate) unsafe fn park(&mut self, why: Wait, at: Site, wait: NonNull<dyn Abandon>) {
        self.g().note_wait(why, at);
        self.g().set_wait(Some(wait));
        self.switch(After::Park);
        self.g().set_wait(None);
    }

    /// Like [`park`](Self::park), for a wait on this goroutine's stack.
    pub(super) fn park_for(&mut self, why: Wait, at: Site, wait: &dyn Abandon) {
        // SAFETY: the borrow lasts until then, or the stack that it lies on is never run again.
        unsafe { self.park(why, at, for_ever(wait)) };
    }

    /// Lets all goroutines that are queued now run first.
    pub(crate) fn yield_now(&mut self) {
        self.switch(After::Yield);
    }

    /// Lets a goroutine run first that this one has just made, and queued nowhere.
    pub(crate) fn run_first(&mut self, child: GRef) {
        self.switch(After::Spawned(child));
    }

    fn switch(&mut self, after: After) {
        if cfg!(debug_assertions) {
            self.m().leave_section();
        }
        leave(self.g, after);
        if cfg!(debug_assertions) {
            self.m().enter_section();
        }
    }
}

impl Drop for Section {
    #[inline]
    fn drop(&mut self) {
        let m = self.m();
        if cfg!(debug_assertions) {
            m.leave_section();
        }
        if let Left::GaveUp(p) = m.lease.leave() {
            give_up(m.sched, p);
        }
    }
}

/// The goroutine enters the runtime to leave its stack for good. It needs no P for that: if its P was
/// taken, its M has none.
pub(crate) fn enter_for_good(g: GRef) {
    let m = g::header(g).m();
    if m.lease.enter() == Entered::WithoutP {
        if m.sched.is_gone() {
            fork::end(); // in a child of fork there is no scheduler to go back to
        }
        m.losep();
    }
}

/// What came of trying to enter.
pub(crate) enum Tried {
    /// The goroutine is in the runtime.
    Entered(Section),
    /// Its P was taken, and it must wait for another.
    NeedsP,
    /// This is an ordinary thread.
    Thread,
}

/// Whether a goroutine that has no P must wait with its end: the world is stopped, or a pause holds it
/// back. If its runtime is over, it comes to its end.
fn may_not_end_now(g: GRef) -> bool {
    let sched = g::header(g).sched;
    let is_stopped = sched.stop.wanted() == Wanted::Stop;
    // The end closes that queue before it stops the world for good: who came to its end by then leaves its
    // result.
    (is_stopped || marks::forbids(sched, g)) && !sched.world.0.lock().is_closed
}

/// Hands on the P that was asked for while the goroutine was in the runtime.
#[cold]
fn give_up(sched: SchedRef, p: u32) {
    sched.say(|| Event::Released(p));
    handoffp(sched, sched.p(p));
}

/// Gets a P for a goroutine whose P was taken: an idle P at once, else the goroutine queues for one
/// (Go's `exitsyscall`).
#[cold]
fn reacquire(g: GRef) {
    let m = g::header(g).m();
    m.losep();
    if m.sched.is_stopping() {
        leave(g, After::Over);
    }
    match m.sched.idle.take_p(Spinning::No) {
        Some(p) if marks::forbids(m.sched, g) => {
            handoffp(m.sched, m.sched.p(p));
            leave(g, After::NoP);
        }
        Some(p) => {
            m.acquirep(m.sched.p(p));
            m.sched.watcher.poke();
        }
        None => leave(g, After::NoP),
    }
}
