//! Where goroutines' stacks lie: one reserved range of addresses for the whole process.
//!
//! ```text
//!   base                                                              base + len
//!    | class 0: slots of 64 KiB | class 1: slots of 128 KiB | ... | class 10: 64 MiB |
//!
//!   a slot (aligned to its size):   | guard page | stack ...        <- | G | colour |
//! ```
//!
//! The colour is a number of cache lines, another one for each of 32 neighbours. Without it the
//! headers and first frames of all goroutines would fall into the same few sets of every cache,
//! because their addresses differ only in bits that no cache looks at (measured: RESEARCH.md).
//!
//! So the stack pointer alone tells the current goroutine: its range, its class, the end of its
//! slot, and the header there. Nothing is cached in a thread-local, which the compiler may keep
//! across a switch to another thread (DESIGN 4.6).

use core::ptr::NonNull;
use std::collections::HashSet;
use std::io;

use crate::facade::process::{Global, Word};
use crate::machine::{
    arch,
    stack::{self, Guard},
};

/// The smallest stack.
pub(crate) const MIN_STACK: usize = 64 * 1024;
/// The largest.
pub(crate) const MAX_STACK: usize = MIN_STACK << (CLASSES - 1);
const CLASSES: usize = 11;

/// How many bytes of addresses a class gets, as a power of two: as many as can be had.
const REGION_SHIFTS: [u32; 4] = [40, 38, 36, 34];

// Read at each call into the scheduler; zero until the first runtime starts.
static BASE: Word = Word::new(0);
static LEN: Word = Word::new(0);
static SHIFT: Word = Word::new(0);

static ARENA: Global<Arena> = Global::new();

/// A class of stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// The smallest class whose stacks have at least `bytes`, if there is one.
    pub(crate) fn of(bytes: usize) -> Option<Self> {
        let class = (0..CLASSES).find(|&class| bytes <= MIN_STACK << class)?;
        u8::try_from(class).ok().map(Self)
    }

    /// The length of a slot in bytes.
    pub(crate) fn len(self) -> usize {
        MIN_STACK << self.0
    }
}

/// Neighbouring slots end their stacks at so many different cache lines.
const COLOURS: usize = 32;
const CACHE_LINE: usize = 64;

/// The end of a free slot, less its colour. Whoever has it has the slot.
pub(crate) type Top = NonNull<u8>;

/// The top of the slot that begins at `bottom`, `offset` bytes into the arena.
#[inline(always)]
fn top_of(bottom: usize, offset: usize, class: Class) -> Option<Top> {
    let colour = (offset >> (MIN_STACK.trailing_zeros() + u32::from(class.0))) % COLOURS;
    NonNull::new((bottom + class.len() - colour * CACHE_LINE) as *mut u8)
}

/// Where the slot of a top begins, with its guard.
fn bottom_of(top: Top, class: Class) -> *mut u8 {
    top.as_ptr().wrapping_sub(1).map_addr(|address| address & !(class.len() - 1))
}

/// The slots of one class.
struct Region {
    base: *mut u8,
    /// Bytes from the base that were given out at some time.
    carved: usize,
    /// Bytes from the base that can be read and written.
    committed: usize,
    free: Vec<Top>,
}

struct Arena {
    regions: [Region; CLASSES],
    guard: Guard,
}

// SAFETY: the pointers are to memory that the arena owns.
unsafe impl Send for Arena {}

/// Reserves the addresses, once for the process.
///
/// # Errors
///
/// If the kernel grants no range that is worth having.
pub(crate) fn reserve() -> io::Result<()> {
    if ARENA.is_set() {
        return Ok(());
    }
    let mut refused = None;
    for shift in REGION_SHIFTS {
        match stack::reserve((CLASSES << shift) + MAX_STACK) {
            Ok(at) => {
                ARENA.init(|| publish(at, shift));
                return Ok(());
            }
            Err(error) => refused = Some(error),
        }
    }
    let reason = refused.map_or_else(String::new, |error| error.to_string());
    Err(io::Error::other(format!("cannot reserve addresses for stacks (ulimit -v?): {reason}")))
}

fn publish(at: *mut u8, shift: u32) -> Arena {
    let base = at.wrapping_add(at.align_offset(MAX_STACK));
    SHIFT.set(shift as usize);
    BASE.set(base as usize);
    LEN.set(CLASSES << shift);
    let regions = core::array::from_fn(|class| Region {
        base: base.wrapping_add(class << shift),
        carved: 0,
        committed: 0,
        free: Vec::new(),
    });
    Arena { regions, guard: Guard::Marker }
}

/// The end of the slot that an address lies in, and its class; `None` outside the arena.
#[inline(always)]
pub(crate) fn slot_of(address: usize) -> Option<(Top, Class)> {
    let offset = address.wrapping_sub(BASE.get());
    if offset >= LEN.get() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below CLASSES")]
    let class = Class((offset >> SHIFT.get()) as u8);
    top_of(address & !(class.len() - 1), offset, class).map(|top| (top, class))
}

/// The end of the slot that this code runs on, unless it runs on a thread's own stack.
#[inline(always)]
pub(crate) fn current_slot() -> Option<Top> {
    slot_of(arch::stack_pointer()).map(|(top, _)| top)
}

/// Whether an address lies in the guard of its slot.
pub(crate) fn is_guard(address: usize) -> bool {
    slot_of(address)
        .is_some_and(|(top, class)| address - bottom_of(top, class).addr() < stack::page_size())
}

/// Gives out a slot that nobody uses, with its guard in place and what `init` lays at its end: so
/// that there is none without ([`slots`]).
///
/// # Errors
///
/// If the kernel refuses memory or another map, with the limit that was reached; or if the class is
/// used up.
pub(crate) fn carve<R>(class: Class, init: impl FnOnce(Top) -> R) -> io::Result<R> {
    ARENA
        .with(|arena| {
            let top = match arena.regions[usize::from(class.0)].free.pop() {
                Some(top) => top,
                None => arena.carve_new(class)?,
            };
            Ok(init(top))
        })
        .unwrap_or_else(|| Err(io::Error::other("no stacks are reserved")))
}

/// Keeps all others out of the arena, which is reserved.
pub(crate) fn keep() {
    ARENA.keep();
}

/// Lets others in again.
///
/// # Safety
///
/// - This thread has called [`keep`] since it last called this, or is a copy of the one that did.
pub(crate) unsafe fn let_go() {
    // SAFETY: as the caller says.
    unsafe { ARENA.let_go() };
}

/// Takes slots back. Their memory goes to the kernel, their guards stay.
///
/// # Safety
///
/// - Nobody runs on them or will.
pub(crate) unsafe fn give_back(slots: impl Iterator<Item = Top>, class: Class) {
    let page = stack::page_size();
    for top in slots {
        let usable = bottom_of(top, class).wrapping_add(page);
        ARENA.with(|arena| {
            // SAFETY: the slot less its guard is committed and, as the caller says, unused.
            unsafe { stack::release(usable, class.len() - page) };
            arena.regions[usize::from(class.0)].free.push(top);
        });
    }
}

/// The slots of a class that are given out, and that `is_wanted`. That only looks at what was laid
/// there when the slot was given out, and never changes.
pub(crate) fn slots(class: Class, is_wanted: impl Fn(Top) -> bool) -> Vec<Top> {
    let of_region = |region: &Region| {
        let free: HashSet<Top> = region.free.iter().copied().collect();
        (0..region.carved)
            .step_by(class.len())
            .filter_map(|offset| {
                let bottom = region.base.wrapping_add(offset).addr();
                top_of(bottom, bottom - BASE.get(), class)
            })
            .filter(|top| !free.contains(top) && is_wanted(*top))
            .collect()
    };
    ARENA.with(|arena| of_region(&arena.regions[usize::from(class.0)])).unwrap_or_default()
}

impl Arena {
    fn carve_new(&mut self, class: Class) -> io::Result<Top> {
        let len = class.len();
        let region = &mut self.regions[usize::from(class.0)];
        region.commit_for(len)?;
        let bottom = region.base.wrapping_add(region.carved);
        install_guard(bottom, &mut self.guard)?;
        region.carved += len;
        let (bottom, base) = (bottom.addr(), BASE.get());
        top_of(bottom, bottom - base, class).ok_or_else(|| io::Error::other("a slot at null"))
    }
}

/// How much is made usable at once: one system call for many slots.
const COMMIT: usize = 16 << 20;

impl Region {
    fn commit_for(&mut self, len: usize) -> io::Result<()> {
        if self.carved + len <= self.committed {
            return Ok(());
        }
        let more = len.max(COMMIT);
        if self.committed + more > 1 << SHIFT.get() {
            return Err(io::Error::other("all stacks of this size are in use"));
        }
        // SAFETY: the next part of this class's range.
        unsafe { stack::commit(self.base.wrapping_add(self.committed), more) }?;
        self.committed += more;
        Ok(())
    }
}

fn install_guard(bottom: *mut u8, how: &mut Guard) -> io::Result<()> {
    let page = stack::page_size();
    if *how == Guard::Marker {
        // SAFETY: the lowest page of a fresh slot.
        if unsafe { stack::guard(bottom, page, Guard::Marker) }.is_ok() {
            return Ok(());
        }
        *how = Guard::Protection;
    }
    // SAFETY: the lowest page of a fresh slot.
    unsafe { stack::guard(bottom, page, Guard::Protection) }.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!(
                "cannot guard another stack: {error} (raise vm.max_map_count, or use Linux 6.13)"
            ),
        )
    })
}

/// Gives the memory of a stack back to the kernel, but for the topmost page.
///
/// # Safety
///
/// - The slot is free, and all below its topmost page is.
pub(crate) unsafe fn release_idle(top: Top, class: Class) {
    let page = stack::page_size();
    let usable = bottom_of(top, class).wrapping_add(page);
    // SAFETY: below the topmost page and above the guard.
    unsafe { stack::release(usable, class.len() - 2 * page) };
}
