//! P: the right to run goroutines, with a queue of them.

use core::ops::Deref;
use core::ptr::NonNull;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::g::{G, GRef};
use super::m::{M, MRef};
use super::schedt::SchedRef;
use crate::facade::{AtomicU32, AtomicUsize, Cell, Ordering::Relaxed, room};
use crate::proto::{
    claim::{self, Claim},
    freelist::Local,
    note::Note,
    powner::Holder,
    runq::Runq,
    safepoint::SafePoint,
    timers::{self, Timers},
};

/// How many goroutines wait in a P's own ring at most.
pub(crate) const RUNQ_LEN: usize = room(256);

/// A processor.
pub(crate) struct P {
    pub(crate) id: u32,
    pub(crate) runq: Runq<G, RUNQ_LEN>,
    /// In lines of their own: all who look for work read the earliest deadline, and the owner writes what would lie
    /// beside it.
    pub(crate) timers: CachePadded<Timers<Fire>>,
    /// Whether the safe-point function is due.
    pub(crate) safepoint: SafePoint,
    /// The M that owns it, or did last: a hint, the lease tells.
    m: Holder<M>,
    /// Counts the time slices: every 61st time the shared queue is asked first, and sysmon sees
    /// that something moves. Single-writer: the owner.
    schedtick: AtomicU32,
    /// 1 while it runs a goroutine of the idle class. Single-writer: the owner; a hint for sysmon.
    runs_idle_class: AtomicU32,
    /// What only the owner touches.
    own: Cell<Own>,
    /// Goroutines born and ended here. Single-writer: the owner; readers take them for a statistic.
    born: AtomicUsize,
    ended: AtomicUsize,
}

/// What moves with a P from owner to owner.
pub(crate) struct Own {
    /// Slots of ended goroutines.
    pub(crate) free: Local<G>,
    /// How many goroutines in a row ran in one time slice.
    pub(crate) inherited: u32,
    /// For the order of stealing.
    pub(crate) seed: u32,
    /// Numbers for goroutines, taken from the scheduler in batches.
    ids: core::ops::Range<usize>,
}

/// How many numbers for goroutines a P takes at once (Go's `goidcache`).
const ID_BATCH: usize = 16;

impl Own {
    /// A number that no other goroutine of the scheduler has.
    pub(crate) fn next_id(&mut self, sched: SchedRef) -> usize {
        if self.ids.is_empty() {
            let first = sched.next_ids(ID_BATCH);
            self.ids = first..first + ID_BATCH;
        }
        self.ids.start += 1;
        self.ids.start - 1
    }
}

// SAFETY: `own` is its owner's (I1 of `proto/powner` and `proto/handoff`); the rest is atomic.
unsafe impl Sync for P {}
// SAFETY: made by one thread and moved with its runtime.
unsafe impl Send for P {}

/// A P, by its address: it lives as long as its runtime.
#[derive(Clone, Copy)]
pub(crate) struct PRef(NonNull<P>);

// SAFETY: a shared reference to something Sync.
unsafe impl Send for PRef {}

impl Deref for PRef {
    type Target = P;

    #[inline(always)]
    fn deref(&self) -> &P {
        // SAFETY: the runtime keeps its Ps (see `schedt`).
        unsafe { self.0.as_ref() }
    }
}

impl PRef {
    pub(crate) fn new(p: &P) -> Self {
        Self(NonNull::from_ref(p))
    }
}

impl P {
    pub(crate) fn new(id: u32) -> Self {
        Self {
            id,
            runq: Runq::new(),
            timers: CachePadded::new(Timers::new()),
            safepoint: SafePoint::new(),
            m: Holder::nobody(),
            schedtick: AtomicU32::new(0),
            runs_idle_class: AtomicU32::new(0),
            own: Cell::new(Own {
                free: Local::new(),
                inherited: 0,
                seed: id.wrapping_mul(0x9e37_79b9) | 1,
                ids: 0..0,
            }),
            born: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }
    }

    /// What only the owner touches. The caller is the owner, and calls nothing that asks again.
    #[inline(always)]
    pub(crate) fn own<R>(&self, use_it: impl FnOnce(&mut Own) -> R) -> R {
        // SAFETY: (exclusive) one M owns a P, and asks once at a time.
        self.own.with_mut(|own| use_it(unsafe { &mut *own }))
    }

    /// How many time slices have begun here; exact for the owner.
    pub(crate) fn schedtick(&self) -> u32 {
        // Relaxed: owner-only; a hint for sysmon.
        self.schedtick.load(Relaxed)
    }

    /// Begins a time slice, of a goroutine that may be of the idle class.
    pub(crate) fn begin_slice(&self, is_idle_class: bool) {
        // Relaxed: owner-only; a hint for sysmon.
        self.schedtick.store(self.schedtick().wrapping_add(1), Relaxed);
        self.set_runs_idle_class(is_idle_class);
        self.own(|own| own.inherited = 0);
    }

    /// Whether it runs a goroutine that would make room for any other; a hint.
    pub(crate) fn runs_idle_class(&self) -> bool {
        // Relaxed: hint.
        self.runs_idle_class.load(Relaxed) != 0
    }

    /// Notes the class of the goroutine that it runs.
    fn set_runs_idle_class(&self, is_idle_class: bool) {
        if self.runs_idle_class() != is_idle_class {
            // Relaxed: owner-only; a hint for sysmon.
            self.runs_idle_class.store(u32::from(is_idle_class), Relaxed);
        }
    }

    /// Names the M that owns it now.
    pub(crate) fn set_owner(&self, m: MRef) {
        self.m.set(m.as_ptr());
    }

    /// The M that owns it, or did last; a hint.
    pub(crate) fn owner(&self) -> Option<MRef> {
        self.m.get().map(MRef::from_ptr)
    }

    /// A goroutine was born here.
    #[inline]
    pub(crate) fn count_born(&self) {
        // Relaxed: owner-only; statistic.
        self.born.store(self.born.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// A goroutine ended here.
    #[inline]
    pub(crate) fn count_ended(&self) {
        // Relaxed: owner-only; statistic.
        self.ended.store(self.ended.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Goroutines born here less those ended here, modulo the word.
    pub(crate) fn balance(&self) -> usize {
        // Relaxed: statistic.
        self.born.load(Relaxed).wrapping_sub(self.ended.load(Relaxed))
    }
}

/// A timer of the scheduler's.
pub(crate) type Timer = timers::Timer<Fire>;

/// What it does.
pub(crate) enum Fire {
    /// Readies a goroutine, if nothing else has ended its wait.
    Ready(GRef, NonNull<Claim>),
    /// The same for a goroutine that sleeps with its thread.
    Wake(Arc<Note>, NonNull<Claim>),
    /// Does something else, of which this is the round.
    Call(Arc<dyn Due>, u64),
}

// SAFETY: a goroutine may be readied from any thread; its claim is there as long as the timer is in a heap.
unsafe impl Send for Fire {}

/// Something that is due at some time.
pub(crate) trait Due: Send + Sync {
    /// Its time has come, in this round. Runs on the stack of the M that has `p`, outside every lock, and
    /// must not wait.
    fn is_due(self: Arc<Self>, round: u64, sched: SchedRef, p: PRef);
}

impl Fire {
    /// Whether it is the caller's to do. The lock of the timer's heap is held.
    pub(crate) fn claim(&self) -> bool {
        match self {
            Self::Ready(_, claim) | Self::Wake(_, claim) => {
                // SAFETY: its timer was in a heap until now (I4 of `proto/timers`).
                unsafe { claim.as_ref() }.try_claim(claim::TIME)
            }
            Self::Call(..) => true,
        }
    }
}
