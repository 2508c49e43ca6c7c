//! Where goroutines' stacks come from: one arena for the whole process, with a region of slots for
//! each class of stacks.
//!
//! A region reserves addresses as it needs them, 64 MiB at first, and makes them usable 16 MiB at a
//! time; a slot gets its guard when it is first given out. Slots are never unmapped. Those that come
//! back lose their memory and are given out again before new ones are carved.
//!
//! How an address finds its slot is told in [`slot`](super::slot).

use std::io;

use super::guards::Guards;
pub(crate) use super::region::Owner;
use super::region::Region;
use super::slot::CLASSES;
pub(crate) use super::slot::{
    Class, MAX_STACK, MIN_STACK, Top, bottom_of, current_slot, is_overflow, slot_of,
};
use crate::facade::process::Global;

static ARENA: Global<Arena> = Global::new();

struct Arena {
    /// By the index of their class.
    regions: [Region; CLASSES],
    guards: Guards,
}

// SAFETY: the pointers are to memory that the arena owns.
unsafe impl Send for Arena {}

impl Arena {
    fn new() -> Self {
        Self { regions: Class::all().map(Region::new), guards: Guards::new() }
    }

    fn carve(&mut self, class: Class, owner: Owner) -> io::Result<Top> {
        self.regions[class.index()].give_out(owner, &mut self.guards)
    }
}

/// Reserves the first addresses of a class.
///
/// # Errors
///
/// If the kernel grants none.
pub(crate) fn reserve(class: Class) -> io::Result<()> {
    ARENA.init(Arena::new);
    ARENA.with(|arena| arena.regions[class.index()].reserve_first()).unwrap_or(Ok(()))
}

/// Gives out a slot that nobody uses to an owner, with its guard in place and what `init` lays at its
/// end: so that there is none without ([`slots`]).
///
/// # Errors
///
/// If the kernel refuses addresses, memory or another map, with the limit that was reached.
pub(crate) fn carve<R>(class: Class, owner: Owner, init: impl FnOnce(Top) -> R) -> io::Result<R> {
    ARENA
        .with(|arena| arena.carve(class, owner).map(init))
        .unwrap_or_else(|| Err(io::Error::other("no stacks are reserved")))
}

/// Keeps all others out of the arena.
pub(crate) fn keep() {
    ARENA.init(Arena::new);
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

/// So many slots lose their memory in one go, while nobody else can use the arena.
const AT_ONCE: usize = 256;

/// Takes slots back from their owner, with what was laid at their ends. Their memory goes to the kernel, neighbours'
/// by one system call; their guards stay.
///
/// # Safety
///
/// - They were given out, nobody runs on them or will, and nobody looks at them but by [`slots`].
pub(crate) unsafe fn give_back(mut slots: Vec<Top>, class: Class, from: Owner) {
    slots.sort_unstable();
    let is_next =
        |a: &Top, b: &Top| bottom_of(*b, class).addr() - bottom_of(*a, class).addr() == class.len();
    for neighbours in slots.chunk_by(is_next).flat_map(|run| run.chunks(AT_ONCE)) {
        // SAFETY: as the caller says; whoever looks by `slots` is not in the arena now, and does not
        //         find them among those given out when it is next.
        ARENA.with(|arena| unsafe { arena.regions[class.index()].give_back(from, neighbours) });
    }
}

/// What `look` makes of a slot, if its owner still has it. It is asked as [`slots`] asks; the slot's memory and
/// that of its neighbours is there meanwhile.
pub(crate) fn slot<T>(
    (class, owner): (Class, Owner),
    top: Top,
    look: impl FnOnce(Top) -> Option<T>,
) -> Option<T> {
    ARENA
        .with(|arena| arena.regions[class.index()].has(owner, top).then(|| look(top)).flatten())
        .flatten()
}

/// What `look` makes of each slot of a class that an owner has. It is asked while nobody else can use
/// the arena, and may look at what was laid at the slot's end.
pub(crate) fn slots<T>(class: Class, owner: Owner, look: impl Fn(Top) -> Option<T>) -> Vec<T> {
    ARENA
        .with(|arena| arena.regions[class.index()].of(owner).filter_map(look).collect())
        .unwrap_or_default()
}
