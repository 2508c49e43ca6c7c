//! M: a thread that runs goroutines.

use core::ops::Deref;
use core::ptr::{NonNull, null_mut};

use super::event::Event;
use super::g::{G, GRef};
use super::measures::OfM;
use super::p::PRef;
use super::schedt::SchedRef;
use super::tape::Tape;
use crate::base::{throw, throw_unless};
use crate::facade::{AtomicPtr, AtomicU32, Ordering::Relaxed, OwnCell};
use crate::machine::arch::StackPointer;
use crate::machine::fiber::Fiber;
use crate::machine::float::FloatControl;
use crate::machine::process;
use crate::proto::{
    handoff::Handoff, idle::Spinning, lockedm::LockedM, mlife::Life, mlife::Record, powner::Lease,
    stop::Wanted, trace::Stream,
};

/// What a parked M is told when it is woken.
#[derive(Clone, Copy)]
pub(crate) enum Orders {
    /// Run goroutines with this P.
    Run(PRef, Spinning),
    /// Wait for time, without a P.
    WaitForTime,
    /// End.
    GoHome,
}

/// A thread of the scheduler.
pub(crate) struct M {
    pub(crate) sched: SchedRef,
    /// As its runtime was built: whether each goroutine is wired to an M,
    pub(crate) is_threaded: bool,
    /// and whether those that move are looked at.
    pub(crate) is_watched: bool,
    life: Life,
    /// Where it gets its orders while it is parked.
    pub(crate) orders: Handoff<Orders>,
    /// Where it waits for a P if it is wired to a goroutine.
    pub(crate) gate: LockedM,
    /// Its right to its P, which others may take while it runs user code.
    pub(crate) lease: Lease,
    /// What it notes for a trace.
    pub(crate) stream: Stream<Tape>,
    /// What it counts and measures, if that was asked for.
    pub(crate) measures: Option<Box<OfM>>,
    /// Odd while its goroutine says that it blocks; each change adds one. Single-writer: its thread;
    /// a hint for sysmon.
    blocking: AtomicU32,
    /// The kernel's number of its thread, 0 before that runs. Single-writer: its thread; a hint.
    tid: AtomicU32,
    /// The goroutine that it runs. Single-writer: its thread; a hint for others.
    curg: AtomicPtr<G>,
    // Only the M's own thread touches these, on g0 or as the goroutine it runs.
    p: OwnCell<Option<PRef>>,
    /// 1 if it spins: a word, which others may [`peek`](OwnCell::peek) at.
    spinning: OwnCell<usize>,
    /// The goroutine that is wired to it.
    lockedg: OwnCell<Option<GRef>>,
    /// Its wired goroutine has ended, and it ends with it.
    is_dying: OwnCell<bool>,
    g0: OwnCell<StackPointer>,
    /// What a sanitizer knows g0 by.
    fiber: OwnCell<Fiber>,
    in_section: OwnCell<bool>,
    /// The floating-point control bits that its thread has now, while it is on g0.
    float: OwnCell<FloatControl>,
}

// SAFETY: `orders` and `lease` are shared by their protocols; the rest is its own thread's.
unsafe impl Sync for M {}
// SAFETY: made by one thread, then used by its own.
unsafe impl Send for M {}

impl Record for M {
    fn life(&self) -> &Life {
        &self.life
    }
}

/// An M, by its address: the record stays until its runtime has ended and nobody can ask for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct MRef(NonNull<M>);

// SAFETY: a shared reference to something Sync.
unsafe impl Send for MRef {}

impl Deref for MRef {
    type Target = M;

    #[inline(always)]
    fn deref(&self) -> &M {
        // SAFETY: the runtime keeps its Ms (see `schedt`).
        unsafe { self.0.as_ref() }
    }
}

impl MRef {
    pub(crate) fn new(m: &M) -> Self {
        Self(NonNull::from_ref(m))
    }

    pub(crate) fn from_ptr(m: NonNull<M>) -> Self {
        Self(m)
    }

    pub(crate) fn as_ptr(self) -> NonNull<M> {
        self.0
    }

    /// As a word that crosses a switch.
    pub(crate) fn to_word(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// From the word that crossed the switch.
    ///
    /// # Safety
    ///
    /// - The word is from [`to_word`](Self::to_word).
    pub(crate) unsafe fn from_word(word: usize) -> Self {
        // SAFETY: the caller's word is an M's address.
        Self(unsafe { NonNull::new_unchecked(word as *mut M) })
    }
}

impl M {
    pub(crate) fn new(sched: SchedRef, life: Life) -> Self {
        Self {
            sched,
            is_threaded: sched.config.is_threaded,
            is_watched: sched.moves.is_some(),
            life,
            orders: Handoff::new(),
            gate: LockedM::new(),
            lease: Lease::new(),
            stream: Stream::new(),
            measures: sched.config.has_metrics.then(|| Box::new(OfM::new())),
            blocking: AtomicU32::new(0),
            tid: AtomicU32::new(0),
            curg: AtomicPtr::new(null_mut()),
            p: OwnCell::new(None),
            spinning: OwnCell::new(0),
            lockedg: OwnCell::new(None),
            is_dying: OwnCell::new(false),
            g0: OwnCell::new(StackPointer::NONE),
            fiber: OwnCell::new(Fiber::NONE),
            in_section: OwnCell::new(false),
            float: OwnCell::new(FloatControl::DEFAULT),
        }
    }

    /// Says whether its goroutine blocks; returns what was said until now. Its own thread only.
    pub(crate) fn set_blocking(&self, blocks: bool) -> bool {
        // Relaxed: owner-only; a hint for sysmon.
        let mark = self.blocking.load(Relaxed);
        let did = mark & 1 == 1;
        if blocks != did {
            // Relaxed: owner-only; a hint for sysmon.
            self.blocking.store(mark.wrapping_add(1), Relaxed);
        }
        did
    }

    /// The mark of the section that its goroutine says it blocks in.
    pub(crate) fn blocking(&self) -> Option<u32> {
        // Relaxed: hint.
        let mark = self.blocking.load(Relaxed);
        (mark & 1 == 1).then_some(mark)
    }

    /// Its thread says which it is.
    pub(crate) fn set_tid(&self, tid: u32) {
        // Relaxed: hint.
        self.tid.store(tid, Relaxed);
    }

    /// The kernel's number of its thread.
    pub(crate) fn tid(&self) -> u32 {
        // Relaxed: hint.
        self.tid.load(Relaxed)
    }

    /// Whether its thread sleeps in the kernel at this moment, as far as one can tell.
    pub(crate) fn is_asleep(&self) -> bool {
        let tid = self.tid();
        tid != 0 && process::is_asleep(tid)
    }

    /// Notes that its goroutine is in a runtime section; false if it was.
    pub(crate) fn enter_section(&self) -> bool {
        !self.in_section.replace(true)
    }

    /// Notes that its goroutine is in no runtime section.
    pub(crate) fn leave_section(&self) {
        self.in_section.set(false);
    }

    /// Becomes the owner of a P.
    pub(crate) fn acquirep(&self, p: PRef) {
        throw_unless!(self.p.get().is_none(), "acquirep: this M has a P");
        p.set_owner(MRef::new(self));
        self.lease.acquire(p.id);
        if self.sched.stop.acquired() != Wanted::Nothing {
            self.lease.want(p.id);
        }
        self.p.set(Some(p));
        self.sched.say(|| Event::Acquired(p.id));
    }

    /// Stops being the owner of its P, which is the caller's from here on.
    pub(crate) fn releasep(&self) -> PRef {
        let Some(p) = self.p.take() else { throw!("releasep: this M has no P") };
        self.sched.say(|| Event::Released(p.id));
        self.lease.release(p.id);
        p
    }

    /// Forgets a P that was taken.
    pub(crate) fn losep(&self) {
        self.p.set(None);
    }

    /// Its P. Only while it owns one for sure: on g0, or in a runtime section.
    #[inline(always)]
    pub(crate) fn p(&self) -> PRef {
        let Some(p) = self.p.get() else { throw!("this M has no P") };
        p
    }

    pub(crate) fn has_p(&self) -> bool {
        self.p.get().is_some()
    }

    pub(crate) fn spinning(&self) -> Spinning {
        if self.spinning.get() == 0 { Spinning::No } else { Spinning::Yes }
    }

    pub(crate) fn set_spinning(&self, spinning: Spinning) {
        self.spinning.set(usize::from(spinning == Spinning::Yes));
    }

    /// Whether it spins; for others than its thread, a hint.
    pub(crate) fn peek_spins(&self) -> bool {
        self.spinning.peek() != 0
    }

    /// Its number, and that of its thread.
    pub(crate) fn id(&self) -> u32 {
        self.life.id()
    }

    /// The goroutine that is wired to it. Its own thread asks.
    #[inline(always)]
    pub(crate) fn lockedg(&self) -> Option<GRef> {
        self.lockedg.get()
    }

    /// The same for others than its thread, a hint.
    pub(crate) fn peek_lockedg(&self) -> Option<GRef> {
        self.lockedg.peek()
    }

    pub(crate) fn set_lockedg(&self, g: Option<GRef>) {
        self.lockedg.set(g);
    }

    pub(crate) fn is_dying(&self) -> bool {
        self.is_dying.get()
    }

    pub(crate) fn set_dying(&self, is_dying: bool) {
        self.is_dying.set(is_dying);
    }

    /// The goroutine that it runs, if any; for others than its thread a hint.
    pub(crate) fn running(&self) -> Option<GRef> {
        // Relaxed: owner-only; a hint for others.
        NonNull::new(self.curg.load(Relaxed))
    }

    pub(crate) fn curg(&self) -> GRef {
        let Some(g) = self.running() else { throw!("this M runs no goroutine") };
        g
    }

    pub(crate) fn set_curg(&self, g: Option<GRef>) {
        // Relaxed: owner-only; a hint for others.
        self.curg.store(g.map_or(null_mut(), NonNull::as_ptr), Relaxed);
    }

    /// The M's own stack, suspended while a goroutine runs.
    #[inline(always)]
    pub(crate) fn g0(&self) -> StackPointer {
        self.g0.get()
    }

    /// What a sanitizer knows its own stack by.
    #[inline(always)]
    pub(crate) fn fiber(&self) -> Fiber {
        self.fiber.get()
    }

    pub(crate) fn set_fiber(&self, fiber: Fiber) {
        self.fiber.set(fiber);
    }

    #[inline(always)]
    pub(crate) fn set_g0(&self, left: StackPointer) {
        self.g0.set(left);
    }

    /// Notes the thread's floating-point control bits, which stay as they are on g0.
    #[inline(always)]
    pub(crate) fn note_float(&self) -> FloatControl {
        let now = FloatControl::current();
        self.float.set(now);
        now
    }

    /// Makes the floating-point control bits what its goroutine has.
    #[inline(always)]
    pub(crate) fn load_float(&self, to: FloatControl) {
        if self.float.get() != to {
            to.load();
        }
    }
}
