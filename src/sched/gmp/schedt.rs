//! The scheduler as a value: what Go keeps in the global `sched`. Two can live in one process, and
//! a model makes a new one for each execution.

use core::ops::Deref;
use core::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;

use super::arena::Class;
use super::end::End;
use super::event::Event;
use super::g::{G, GRef, Waker};
use super::m::{M, MRef, Orders};
use super::measures::Measures;
use super::moves::Moves;
use super::p::{P, PRef};
use super::tracing::Tracing;
use super::wait::Clock;
use crate::base::rank::Rank;
use crate::facade::{
    AtomicU32, AtomicUsize, Ordering::Relaxed, heard, heard::Hearer, mail::Shared, now_ns, process,
    thread::Fate, thread::JoinHandle, thread::Signals,
};
use crate::proto::{
    allp::AllP,
    faketime::FakeTime,
    freelist::{self, FreeList},
    globrunq::GlobRunq,
    idle::Idle,
    lock::Lock,
    mlife::Mlife,
    note::Note,
    pause::Pause,
    pollbreak::Sleeper,
    safepoint::Function,
    stop::Stop,
    sysmonsleep::SysmonSleep,
    template::Template,
    timers::NEVER,
    waitq::Waitq,
};

/// What the deadlines of a runtime's goroutines go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// The real clock.
    Real,
    /// A clock that stands still while a goroutine can run, and jumps when none can.
    Virtual,
}

/// What a runtime is asked to be.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Config {
    pub(crate) procs: u32,
    pub(crate) stack: Class,
    pub(crate) thread_name: String,
    /// How long a goroutine may compute while others wait for its P.
    pub(crate) quantum_ns: u64,
    /// How many Ms there may be.
    pub(crate) max_threads: u32,
    /// Whether a thread makes Ms for those whose state must not be passed on.
    pub(crate) has_template: bool,
    /// Whether each goroutine is wired to an M of its own, from its first step to its last.
    pub(crate) is_threaded: bool,
    /// Whether goroutines are reported that keep something of a thread when they leave it.
    pub(crate) reports_moves: bool,
    pub(crate) time: Time,
    /// Whether nobody else wakes its goroutines.
    pub(crate) is_isolated: bool,
    /// Whether it is counted and measured what it does.
    pub(crate) has_metrics: bool,
    /// Who is told of all that it does, beside those that it knows.
    pub(crate) ear: Option<Ear>,
}

/// Hears what a scheduler does.
pub(crate) type Ear = fn(SchedRef, Event<GRef>);

/// One scheduler.
pub(crate) struct Sched {
    pub(crate) config: Config,
    /// The body of an M's thread (`schedule::mstart`).
    pub(crate) mstart: fn(MRef, Orders) -> Fate,
    /// Who hears what is done (`hear::hear`),
    hear: Ear,
    /// and that its metrics do, or the one in the configuration.
    _hearer: Option<Hearer>,
    /// After how many forks it was started (`fork`).
    forks: usize,
    /// Which signals its Ms take: those of the thread that started it (Go's `initSigmask`).
    pub(crate) signals: Signals,
    pub(crate) allp: AllP<P>,
    pub(crate) globrunq: GlobRunq<G>,
    /// Goroutines that run when nothing else does.
    pub(crate) idleq: GlobRunq<G>,
    pub(crate) idle: Idle<M>,
    pub(crate) free: FreeList<G, { freelist::MOST }>,
    /// All Ms, and those that were.
    pub(crate) mlife: Mlife<M>,
    /// Orders for Ms that the template thread is to make.
    pub(crate) template: Template<Orders>,
    /// Whether an M is wanted and cannot be made (`refused::lacks`).
    pub(crate) lacks: Lock<bool>,
    /// The threads that are no Ms: sysmon, the template thread.
    pub(crate) helpers: Lock<Vec<JoinHandle>>,
    /// Ms that wait for their wired goroutine: RMW-only, a statistic.
    pub(crate) locked_idle: AtomicU32,
    /// Goroutines that are wired to their Ms: RMW-only.
    pub(crate) wired: AtomicU32,
    /// 1 once the runtime ends. Set once; a hint for running Ms, parked ones learn it by `idle`.
    stopping: AtomicU32,
    /// 1 once it was reported that threads are refused: RMW-only.
    complained: AtomicU32,
    /// Goroutines born outside any P: RMW-only, a statistic.
    pub(crate) born_outside: AtomicUsize,
    /// The next goroutine's number: RMW-only.
    next_id: AtomicUsize,
    /// The next stack's number: RMW-only.
    next_serial: AtomicUsize,
    /// What goroutines that park go by.
    pub(crate) clock: Clock,
    /// Who may run.
    pub(crate) pause: Pause<G>,
    /// What is wanted of all Ps.
    pub(crate) stop: Stop,
    /// What each P must run, where it is due.
    pub(crate) point: Function<fn(&Self, PRef)>,
    /// Who may stop the world, one at a time.
    pub(crate) world: WorldSema,
    /// Goroutines that wait for descriptors: RMW-only; `pollbreak` says what it is read for.
    pub(crate) awaited: AtomicUsize,
    /// What its goroutines' deadlines go by, if not by the real clock.
    pub(crate) faketime: Option<FakeTime<Waker>>,
    /// Who waits for time, and for the kernel's events.
    pub(crate) sleeper: Sleeper,
    /// Where sysmon sleeps.
    pub(crate) watcher: SysmonSleep,
    /// Who meets the end without a P.
    pub(crate) end: End,
    /// What goroutines keep of threads that they leave, if that is reported.
    pub(crate) moves: Option<Box<Moves>>,
    /// Whoever has it may look at what other goroutines are called (`Tagged`).
    pub(crate) tags: Lock<()>,
    /// Its traces.
    pub(crate) tracing: Tracing,
    /// What is counted and measured, if that was asked for.
    pub(crate) measures: Option<Box<Measures>>,
    /// Ends the thread that writes lines about it, if there is one (`watch/schedtrace`).
    pub(crate) lines: Shared<Option<Arc<Note>>>,
    /// Calls of `run` that wait, to be told of a deadlock.
    pub(crate) runs: Lock<Vec<Arc<dyn Run>>>,
}

/// A scheduler, by its address: valid for its Ms (each keeps it alive) and for its goroutines (an
/// ended runtime that leaves some behind is leaked).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SchedRef(NonNull<Sched>);

// SAFETY: a shared reference to something Sync.
unsafe impl Send for SchedRef {}
// SAFETY: as above.
unsafe impl Sync for SchedRef {}

impl Deref for SchedRef {
    type Target = Sched;

    #[inline(always)]
    fn deref(&self) -> &Sched {
        // SAFETY: see SchedRef.
        unsafe { self.0.as_ref() }
    }
}

impl Sched {
    /// A scheduler with idle Ps and no M.
    pub(crate) fn new(config: Config, mstart: fn(MRef, Orders) -> Fate, hear: Ear) -> Self {
        Self {
            mstart,
            hear,
            _hearer: (config.has_metrics || config.ear.is_some()).then(Hearer::new),
            allp: AllP::new(config.procs, P::new),
            globrunq: GlobRunq::new(),
            idleq: GlobRunq::new(),
            pause: Pause::new(),
            idle: Idle::new(config.procs),
            free: FreeList::new(),
            mlife: Mlife::new(config.max_threads),
            template: Template::new(),
            lacks: Lock::new(Rank::Lacks, false),
            helpers: Lock::new(Rank::Helpers, Vec::new()),
            locked_idle: AtomicU32::new(0),
            wired: AtomicU32::new(0),
            stopping: AtomicU32::new(0),
            complained: AtomicU32::new(0),
            born_outside: AtomicUsize::new(0),
            next_id: AtomicUsize::new(1),
            next_serial: AtomicUsize::new(0),
            clock: Clock::new(),
            stop: Stop::new(),
            point: Function::none(),
            world: WorldSema::new(),
            awaited: AtomicUsize::new(0),
            faketime: (config.time == Time::Virtual)
                .then(|| FakeTime::new(now_ns(), Instant::now())),
            sleeper: Sleeper::new(),
            watcher: SysmonSleep::new(),
            end: End::new(),
            moves: config.reports_moves.then(|| Box::new(Moves::new())),
            tags: Lock::new(Rank::Tags, ()),
            tracing: Tracing::new(),
            measures: config.has_metrics.then(|| Box::new(Measures::new())),
            lines: Shared::new(None),
            runs: Lock::new(Rank::Runs, Vec::new()),
            forks: process::forks(),
            signals: Signals::of_this_thread(),
            config,
        }
    }

    pub(crate) fn handle(self: &Arc<Self>) -> SchedRef {
        // Made from the Arc, so that `keep` can find the Arc again.
        let sched = Arc::as_ptr(self).cast_mut();
        // SAFETY: an Arc's pointer.
        SchedRef(unsafe { NonNull::new_unchecked(sched) })
    }

    pub(crate) fn p(&self, id: u32) -> PRef {
        PRef::new(self.allp.get(id))
    }

    pub(crate) fn is_stopping(&self) -> bool {
        // Relaxed: hint; an M that parks learns it under the lock of `idle`.
        self.stopping.load(Relaxed) != 0
    }

    pub(crate) fn set_stopping(&self) {
        // Relaxed: see `is_stopping`.
        self.stopping.store(1, Relaxed);
    }

    /// The earliest deadline of all Ps (Go's `timeSleepUntil`).
    pub(crate) fn next_deadline(&self) -> u64 {
        self.allp.iter().map(|p| p.timers.when()).min().unwrap_or(NEVER)
    }

    /// What its goroutines' deadlines go by.
    #[inline]
    pub(crate) fn now_ns(&self) -> u64 {
        self.faketime.as_ref().map_or_else(now_ns, FakeTime::now_ns)
    }

    /// The same, as users call it.
    pub(crate) fn now(&self) -> Instant {
        self.faketime.as_ref().map_or_else(Instant::now, |time| time.instant(time.now_ns()))
    }

    /// Whether there is a thread that makes others.
    pub(crate) fn has_template(&self) -> bool {
        self.config.has_template
    }

    /// Whether the caller is the first to report that threads are refused; true for one caller.
    pub(crate) fn complains_first(&self) -> bool {
        // Relaxed: only who comes first counts.
        self.complained.swap(1, Relaxed) == 0
    }

    /// A goroutine is wired to its M no more.
    pub(crate) fn count_unwired(&self) {
        // Relaxed: it is in no queue.
        self.wired.fetch_sub(1, Relaxed);
    }

    /// The first of `n` numbers for goroutines.
    pub(crate) fn next_ids(&self, n: usize) -> usize {
        // Relaxed: only their uniqueness counts.
        self.next_id.fetch_add(n, Relaxed)
    }

    /// A number for a stack that is made.
    pub(crate) fn next_serial(&self) -> usize {
        // Relaxed: only their uniqueness counts.
        self.next_serial.fetch_add(1, Relaxed)
    }

    /// Whether this is the memory of a runtime whose threads are in another process.
    #[inline]
    pub(crate) fn is_gone(&self) -> bool {
        self.forks != process::forks()
    }

    /// Goroutines that live now; exact when nothing else happens.
    pub(crate) fn num_goroutines(&self) -> usize {
        // Relaxed: statistic.
        let outside = self.born_outside.load(Relaxed);
        self.allp.iter_all().fold(outside, |sum, p| sum.wrapping_add(p.balance()))
    }
}

impl SchedRef {
    /// Says what the caller does, if anybody hears.
    #[inline(always)]
    pub(crate) fn say(self, event: impl FnOnce() -> Event<GRef>) {
        if heard::is_heard() {
            self.say_aloud(event());
        }
    }

    #[cold]
    #[inline(never)]
    fn say_aloud(self, event: Event<GRef>) {
        (self.hear)(self, event);
    }

    /// Keeps the scheduler alive for a thread that is not one of its own. The goroutine that this
    /// thread readies may be the last one, and may end, and the runtime with it, before the thread
    /// is done.
    ///
    /// # Safety
    ///
    /// - The scheduler cannot end yet: one of its goroutines is not ready.
    pub(crate) unsafe fn keep(self) -> Arc<Sched> {
        // SAFETY: made from an Arc (`handle`), which the caller says is still there.
        unsafe { Arc::increment_strong_count(self.0.as_ptr()) };
        // SAFETY: the count just added is this one's.
        unsafe { Arc::from_raw(self.0.as_ptr()) }
    }
}

/// The right to stop the world: one requester has it at a time, the others wait in turn (Go's
/// `worldsema`).
pub(crate) struct WorldSema(pub(in crate::sched) Lock<Queue>);

/// Who has the right to stop the world.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::sched) enum Right {
    Free,
    /// It was given to a waiter that has not come back yet, and may never run.
    Granted,
    Taken,
}

/// Whether the right is taken, and its waiters.
pub(in crate::sched) struct Queue {
    pub(in crate::sched) right: Right,
    /// Whether the runtime ends: nobody else gets it from here on.
    pub(in crate::sched) is_closed: bool,
    /// Whether the world is stopped.
    pub(in crate::sched) is_stopped: bool,
    pub(in crate::sched) waiters: Waitq<(), Waker>,
}

impl WorldSema {
    fn new() -> Self {
        let queue = Queue {
            right: Right::Free,
            is_closed: false,
            is_stopped: false,
            waiters: Waitq::new(),
        };
        Self(Lock::new(Rank::World, queue))
    }
}

/// A call of `run` that waits.
pub(crate) trait Run: Send + Sync {
    /// Tells it that its goroutine will never end, and what they all wait for.
    fn deadlocked(&self, report: &Arc<str>);
}
