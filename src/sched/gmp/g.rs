//! G: a goroutine. Its header lies at the end of its stack's slot.

use core::mem::offset_of;
use core::panic::Location;
use core::ptr::NonNull;
use std::sync::Arc;

use super::arena::{self, Class, Owner, Top};
use super::m::MRef;
use super::schedt::SchedRef;
use super::tags::{Tagged, Who};
use super::wait::{Abandon, Fate, Site, Wait, WaitWord};
use super::{measures::Since, task::Task};
use crate::base::{
    list::{Linked, List},
    throw_unless,
};
use crate::facade::{AtomicPtr, AtomicU32, AtomicUsize, Cell, Ordering::Relaxed, OwnCell};
use crate::machine::arch::{self, Entry, StackPointer};
use crate::machine::fiber::Fiber;
use crate::proto::{gstatus::GStatus, note::Note};

/// What a goroutine runs: called once, on the goroutine whose closure it is (see [`place_of`]).
/// What it returns is for the M, see [`crate::facade::owns_panics`].
pub(crate) type Body = unsafe fn(GRef) -> Result<(), Panic>;

/// What a panic carries.
pub(crate) type Panic = Box<dyn core::any::Any + Send>;

/// What a goroutine is known by to a user.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    pub(crate) id: usize,
    pub(crate) started_at: Site,
    /// Told if the goroutine never ends: there until [`G::has_ended`].
    pub(crate) fate: NonNull<dyn Fate>,
}

/// How many operations in a row a goroutine may do without waiting: a microsecond or some.
pub(crate) const BUDGET: u32 = 128;

/// When a goroutine runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum GClass {
    /// In its turn.
    Normal,
    /// When no other has anything to do.
    Idle,
}

/// A goroutine's header. The fields up to `started_at` fill one cache line.
#[repr(C, align(64))]
pub(crate) struct G {
    pub(crate) status: GStatus,
    /// What it waits for.
    pub(crate) wait: WaitWord,
    /// The suspended stack. Belongs to the goroutine's owner (`proto/gstatus`).
    sp: Cell<StackPointer>,
    /// The M that runs it: written by that M before, read by the goroutine.
    m: Cell<Option<MRef>>,
    /// In a queue or a free list: the next one. Belongs to that list.
    link: Cell<Option<NonNull<G>>>,
    /// Its runtime, for life.
    pub(crate) sched: SchedRef,
    /// Its number, new for each life. Single-writer: the holder of the dead goroutine; statistic.
    id: AtomicUsize,
    body: OwnCell<Body>,
    /// Where it was started, null once it has ended. As `id`, and written by the goroutine at its end.
    started_at: AtomicPtr<Location<'static>>,
    /// Where it waits, or did last. Single-writer: the goroutine; statistic.
    waits_at: AtomicPtr<Location<'static>>,
    /// 1 while a thread sleeps with it. Single-writer: the goroutine; statistic.
    sleeps: AtomicU32,
    /// The wait that it has parked in. Written by the goroutine; its runtime's end reads it at rest.
    waits_in: OwnCell<Option<NonNull<dyn Abandon>>>,
    /// Who is told if it never ends. Written before its first step and at its end; as `waits_in`.
    fate: OwnCell<Option<NonNull<dyn Fate>>>,
    /// Its name and labels.
    pub(crate) tags: Tagged,
    /// Moments for the metrics.
    pub(crate) since: Since,
    class: Class,
    /// Which of its scheduler's stacks it is, in the order in which they were made.
    serial: usize,
    /// Operations until it looks at the scheduler, see `budget`. Only the goroutine touches it.
    budget: OwnCell<u32>,
    /// Written before its first step.
    class_of_work: OwnCell<GClass>,
    /// How often it has paused all others; it runs meanwhile. Written by the goroutine.
    pauses: OwnCell<u32>,
    /// The M that it is wired to, and how often. Written by the goroutine.
    lockedm: OwnCell<Option<MRef>>,
    locks: OwnCell<u32>,
    /// What a sanitizer knows it by. As `body`.
    fiber: OwnCell<Fiber>,
}

// SAFETY: `sp`, `m`, `link`, `since` are touched by one thread at a time, as said beside each; `body` is
//         written by whoever holds the dead goroutine and read by who holds it later.
unsafe impl Sync for G {}

/// A goroutine, by its address. Its memory is never unmapped, and its header is valid from when its
/// slot was given out until [`give_back`]. Before that it has ended, and was then in a free list: so
/// those who may have its address after its end are the free lists themselves; a census, which looks
/// while the arena is locked; and a guard that its user has kept beyond its goroutine's life, which
/// compares addresses and never looks at the header.
pub(crate) type GRef = NonNull<G>;

/// Ends one wait, of a goroutine, of a thread or of an executor's task.
pub(crate) enum Waker {
    Goroutine(GRef),
    Thread(Arc<Note>),
    Task(Arc<Task>),
}

// SAFETY: a goroutine may be readied from any thread (`proto/gstatus`).
unsafe impl Send for Waker {}

// SAFETY: the field of the header.
unsafe impl Linked for G {
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
        // SAFETY: a live header, see GRef.
        let g = unsafe { this.as_ref() };
        g.link.with_mut(|link| {
            // SAFETY: the address of a field.
            unsafe { NonNull::new_unchecked(link) }
        })
    }
}

/// The header of a slot.
#[inline(always)]
fn header_of(top: Top) -> GRef {
    // SAFETY: a slot is larger than the header.
    unsafe { top.cast::<G>().sub(1) }
}

/// The goroutine of a slot that was given out.
pub(crate) fn of(top: Top) -> GRef {
    header_of(top)
}

/// The goroutine that runs this code, if one does.
#[inline(always)]
pub(crate) fn current() -> Option<GRef> {
    arena::current_slot().map(header_of)
}

/// The goroutine whose slot an address lies in, if any.
pub(crate) fn at(address: usize) -> Option<GRef> {
    arena::slot_of(address).map(|(top, _)| header_of(top))
}

/// The shared view of a goroutine's header.
#[inline(always)]
pub(crate) fn header<'a>(g: GRef) -> &'a G {
    // SAFETY: see GRef.
    unsafe { g.as_ref() }
}

/// Makes a dead goroutine of a new slot.
pub(crate) fn new(top: Top, class: Class, sched: SchedRef, serial: usize) -> GRef {
    let g = header_of(top);
    let header = G {
        status: GStatus::dead(),
        wait: WaitWord::new(),
        sp: Cell::new(StackPointer::NONE),
        m: Cell::new(None),
        link: Cell::new(None),
        sched,
        id: AtomicUsize::new(0),
        body: OwnCell::new(no_body),
        started_at: AtomicPtr::new(core::ptr::null_mut()),
        waits_at: AtomicPtr::new(core::ptr::null_mut()),
        sleeps: AtomicU32::new(0),
        waits_in: OwnCell::new(None),
        fate: OwnCell::new(None),
        tags: Tagged::with_none(),
        since: Since::new(),
        class,
        serial,
        budget: OwnCell::new(BUDGET),
        class_of_work: OwnCell::new(GClass::Normal),
        pauses: OwnCell::new(0),
        lockedm: OwnCell::new(None),
        locks: OwnCell::new(0),
        fiber: OwnCell::new(Fiber::NONE),
    };
    // SAFETY: the slot is the caller's alone.
    unsafe { g.write(header) };
    g
}

/// Gives dead goroutines' slots back to the arena, headers and all; false if there were none.
///
/// # Safety
///
/// - All are of that class and owner, and of nobody else's any more: they were taken out of their free list.
pub(crate) unsafe fn give_back(mut dead: List<G>, class: Class, owner: Owner) -> bool {
    let tops: Vec<Top> =
        core::iter::from_fn(|| dead.pop_front()).map(|g| header(g).top()).collect();
    let were_some = !tops.is_empty();
    // SAFETY: nobody runs on the stack of a dead goroutine, and see GRef.
    unsafe { arena::give_back(tops, class, owner) };
    were_some
}

unsafe fn no_body(_: GRef) -> Result<(), Panic> {
    crate::base::throw!("a goroutine ran without a body")
}

/// Where a debugger finds what it shows, see [`layout`](super::layout).
pub(super) const OFFSETS: [usize; 8] = [
    offset_of!(G, status),
    offset_of!(G, wait),
    offset_of!(G, sp),
    offset_of!(G, sched),
    offset_of!(G, id),
    offset_of!(G, started_at),
    offset_of!(G, waits_at),
    offset_of!(G, tags),
];

impl G {
    /// The end of its slot.
    pub(crate) fn top(&self) -> Top {
        NonNull::from_ref(self).cast::<u8>().map_addr(|a| a.saturating_add(size_of::<Self>()))
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    pub(crate) fn serial(&self) -> usize {
        self.serial
    }

    pub(crate) fn id(&self) -> u64 {
        // Relaxed: statistic.
        self.id.load(Relaxed) as u64
    }

    /// Where it was started; `None` before its first life, and once it has ended.
    pub(crate) fn started_at(&self) -> Option<Site> {
        // Relaxed: statistic; what it points to is part of the program.
        site(self.started_at.load(Relaxed))
    }

    /// Where it waits, or did last.
    pub(crate) fn waits_at(&self) -> Option<Site> {
        // Relaxed: statistic; what it points to is part of the program.
        site(self.waits_at.load(Relaxed))
    }

    /// Notes what the goroutine is about to wait for, and where. The goroutine itself calls it.
    #[inline]
    pub(crate) fn note_wait(&self, wait: Wait, at: Site) {
        self.wait.note(wait, &self.sched.clock);
        // Relaxed: statistic.
        self.waits_at.store(core::ptr::from_ref(at).cast_mut(), Relaxed);
    }

    /// Notes whether a thread sleeps with the goroutine.
    pub(crate) fn set_sleeps(&self, does: bool) {
        // Relaxed: statistic.
        self.sleeps.store(u32::from(does), Relaxed);
    }

    /// Whether a thread sleeps with the goroutine.
    pub(crate) fn sleeps(&self) -> bool {
        // Relaxed: statistic.
        self.sleeps.load(Relaxed) != 0
    }

    /// Notes the wait that the goroutine is about to park in, or that it has come out of one. The wait
    /// stays where it is until then.
    #[inline]
    pub(crate) fn set_wait(&self, wait: Option<NonNull<dyn Abandon>>) {
        self.waits_in.set(wait);
    }

    /// It will never run again: ends its wait, and tells who waits for it.
    ///
    /// # Safety
    ///
    /// - The goroutine is at rest, and nobody runs it from here on.
    pub(crate) unsafe fn give_up(&self) {
        if let Some(wait) = self.waits_in.take() {
            // SAFETY: the suspended stack is still there, and the wait on it.
            unsafe { wait.as_ref() }.abandon();
        }
        if let Some(fate) = self.fate.take() {
            // SAFETY: the goroutine has not come to its end, and keeps it until then.
            unsafe { fate.as_ref() }.lost();
        }
    }

    /// The address by which those know it who wait for its end. For its owner.
    #[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
    pub(crate) fn fate(&self) -> usize {
        self.fate.get().map_or(0, |fate| fate.addr().get())
    }

    /// It has told its fate itself, and is listed no more. The goroutine itself calls it.
    pub(crate) fn has_ended(&self) {
        self.fate.set(None);
        // Relaxed: statistic.
        self.started_at.store(core::ptr::null_mut(), Relaxed);
    }

    /// How a text names it. For its owner.
    pub(crate) fn who(&self) -> Who<'_> {
        Who { id: self.id(), tags: self.tags.own() }
    }

    /// Says when it runs; before its first step.
    pub(crate) fn set_class(&self, class: GClass) {
        self.class_of_work.set(class);
    }

    /// Whether it runs only when no other goroutine has anything to do. For its owner.
    #[inline(always)]
    pub(crate) fn is_idle_class(&self) -> bool {
        self.class_of_work.get() == GClass::Idle
    }

    /// The M that it is wired to. For its owner.
    #[inline(always)]
    pub(crate) fn lockedm(&self) -> Option<MRef> {
        self.lockedm.get()
    }

    /// The goroutine wires itself to its M; true if it was not.
    pub(crate) fn lock_to(&self, m: MRef) -> bool {
        let locks = self.locks.get();
        self.locks.set(locks + 1);
        if locks == 0 {
            self.lockedm.set(Some(m));
        }
        locks == 0
    }

    /// The goroutine takes one of its locks back; true if that was the last.
    pub(crate) fn unlock(&self) -> bool {
        let locks = self.locks.get() - 1;
        self.locks.set(locks);
        if locks == 0 {
            self.lockedm.set(None);
        }
        locks == 0
    }

    /// It has ended, wired or not, and is not in its next life.
    pub(crate) fn forget_locks(&self) {
        self.locks.set(0);
        self.lockedm.set(None);
    }

    /// Counts the pauses that it has begun and not ended; only the goroutine itself calls it.
    pub(crate) fn count_pauses(&self, change: i32) {
        self.pauses.set(self.pauses.get().wrapping_add_signed(change));
    }

    /// It has ended, paused or not, and is not in its next life.
    pub(crate) fn forget_pauses(&self) {
        self.pauses.set(0);
    }

    /// Whether it has paused all others. For its owner.
    pub(crate) fn is_pausing(&self) -> bool {
        self.pauses.get() != 0
    }

    /// Spends one operation; 0 if that was the last, and then a new budget has begun.
    #[inline(always)]
    pub(crate) fn spend(&self) -> u32 {
        let left = self.budget.get() - 1;
        self.budget.set(if left == 0 { BUDGET } else { left });
        left
    }

    /// Spends one operation that never waits: the next one that may wait pays for it.
    #[inline(always)]
    pub(crate) fn owe(&self) {
        self.budget.set(self.budget.get().saturating_sub(1).max(1));
    }

    /// The M that runs the goroutine. Only the goroutine itself may ask.
    #[inline(always)]
    pub(crate) fn m(&self) -> MRef {
        let m = self.m.with(|m| {
            // SAFETY: (exclusive) the M wrote it before it switched here.
            unsafe { *m }
        });
        // SAFETY: a running goroutine has an M.
        unsafe { m.unwrap_unchecked() }
    }

    /// Told by the M that is about to run the goroutine.
    pub(crate) fn set_m(&self, m: MRef) {
        // SAFETY: (exclusive) the M owns the goroutine it got from a queue.
        self.m.with_mut(|place| unsafe { *place = Some(m) });
    }

    /// The suspended stack, for the M that resumes it.
    pub(crate) fn sp(&self) -> StackPointer {
        // SAFETY: (exclusive) only the owner asks.
        self.sp.with(|sp| unsafe { *sp })
    }

    /// The suspended stack, for one who does not own the goroutine: to be used only if it was suspended all
    /// the time (`proto/gstatus`, I4).
    pub(crate) fn peek_sp(&self) -> usize {
        self.sp.with(|sp| peek(sp.cast()))
    }

    /// The M that it is wired to, as [`peek_sp`](Self::peek_sp).
    pub(crate) fn peek_lockedm(&self) -> Option<MRef> {
        self.lockedm.peek()
    }

    /// Keeps the stack that the goroutine has left, before anybody else may own it.
    pub(crate) fn set_sp(&self, left: StackPointer) {
        // SAFETY: (exclusive) the M that ran it still owns it.
        self.sp.with_mut(|sp| unsafe { *sp = left });
    }

    /// Gives a dead goroutine a new life: a name, a closure to run and a first frame.
    ///
    /// # Safety
    ///
    /// - The caller owns the dead goroutine, and the closure [`is_placed`].
    /// - `body` is called at most once, and may then have the closure at its place.
    pub(crate) unsafe fn bear<F>(&self, name: Name, closure: F, body: Body, entry: Entry) {
        throw_unless!(is_placed::<F>(), "a closure that should have been boxed");
        self.fiber.set(Fiber::born(core::ptr::from_ref(self).cast(), self.class.len()));
        let place = place_of::<F>(NonNull::from_ref(self));
        // SAFETY: (exclusive) the caller's dead stack; (bounds) `is_placed` was asked.
        unsafe { place.write(closure) };
        let top = align_down(place.cast(), 16);
        // SAFETY: below the closure all is this stack's.
        let sp = unsafe { arch::prepare(top, entry) };
        // Relaxed: statistic, both.
        self.id.store(name.id, Relaxed);
        self.started_at.store(core::ptr::from_ref(name.started_at).cast_mut(), Relaxed);
        self.fate.set(Some(name.fate));
        self.body.set(body);
        self.set_sp(sp);
        self.status.spawned();
    }

    /// What a sanitizer knows it by.
    #[inline(always)]
    pub(crate) fn fiber(&self) -> Fiber {
        self.fiber.get()
    }

    /// Tells the sanitizer that its stack was left for good.
    pub(crate) fn end_fiber(&self) {
        self.fiber.get().died();
    }

    /// What the goroutine runs.
    pub(crate) fn body(&self) -> Body {
        self.body.get()
    }
}

/// The largest closure that lies on its goroutine's own stack: half of the smallest one's first
/// page, so that a parked goroutine touches one page.
const MAX_PLACED: usize = 2048;

/// Whether a closure lies on its goroutine's own stack. A larger one, or one that is aligned to
/// more than a page, is boxed.
pub(crate) const fn is_placed<F>() -> bool {
    size_of::<F>() <= MAX_PLACED && align_of::<F>() <= 4096
}

/// Where the closure of a goroutine that runs an `F` lies: just below its header.
pub(crate) fn place_of<F>(g: GRef) -> *mut F {
    align_down(g.as_ptr().cast::<u8>().wrapping_sub(size_of::<F>()), align_of::<F>()).cast()
}

/// A word that another thread may be writing.
fn peek(at: *const usize) -> usize {
    let mut word = 0;
    // SAFETY: a word of a header, see GRef.
    unsafe { arch::copy_words(at, &raw mut word, 1) };
    word
}

fn site(at: *mut Location<'static>) -> Option<Site> {
    // SAFETY: null, or made from such a reference.
    unsafe { at.cast_const().as_ref() }
}

fn align_down(at: *mut u8, align: usize) -> *mut u8 {
    at.map_addr(|address| address & !(align - 1))
}
