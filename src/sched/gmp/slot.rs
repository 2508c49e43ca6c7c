//! A slot: how long it is, where its parts lie, and how an address finds it.
//!
//! ```text
//!   a slot (aligned to its length):   | guard page | stack ...        <- | G | colour |
//! ```
//!
//! The colour is a number of cache lines, another one for each of 32 neighbours. Without it the
//! headers and first frames of all goroutines would fall into the same few sets of every cache,
//! because their addresses differ only in bits that no cache looks at (measured: RESEARCH.md).
//!
//! # From an address to its slot
//!
//! The stack pointer alone tells the current goroutine. Nothing is cached in a thread-local, which
//! the compiler may keep across a switch to another thread.
//!
//! All addresses are divided into spans of 64 MiB. A table has one byte for each span: the class of
//! the slots in it, or zero if the arena does not own the span. So slots may lie anywhere, and a
//! look-up is one load. The table is 4 MiB of zeros that the program does not store; only the pages
//! that are looked at get memory, and one such page covers 256 GiB.
//!
//! A byte is written once, before the first slot of its span is given out, and never again. Whoever
//! runs on a slot was handed it after that, through a queue or a list that orders the two, so a
//! relaxed load finds the byte. A thread on a stack of its own finds zero: its stack was there
//! before the span could be reserved, or lies elsewhere. A byte cannot be read half written, so
//! there is no second word that it would have to agree with. A signal handler may look it up.

use core::ptr::NonNull;

use crate::facade::process::Bytes;
use crate::machine::{arch, stack};

/// The smallest stack.
pub(crate) const MIN_STACK: usize = 64 * 1024;
/// The largest.
pub(crate) const MAX_STACK: usize = 64 << 20;
/// How many classes there are.
pub(super) const CLASSES: usize = (MAX_STACK / MIN_STACK).ilog2() as usize + 1;

/// A slot has at least so many pages: its guard, and a stack on which something can run.
const LEAST_PAGES: usize = 4;

/// What addresses are owned by: no slot lies in two spans.
pub(super) const SPAN: usize = MAX_STACK;
/// What a user's address has at most on both architectures, unless a program asks for more.
const ADDRESS_BITS: u32 = 48;

/// How many spans there are.
pub(super) const LEN: usize = (1 << ADDRESS_BITS) / SPAN;

/// The class of each span's slots, as [`Class`] keeps it; zero for others' spans.
pub(super) static SPANS: Bytes<LEN> = Bytes::zeros();

/// A class of stacks: the length of its slots, by its binary logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// The smallest class whose slots have at least `bytes`, if there is one.
    pub(crate) fn of(bytes: usize) -> Option<Self> {
        Self::with_pages(bytes, stack::page_size())
    }

    fn with_pages(bytes: usize, page: usize) -> Option<Self> {
        let len = bytes.max(MIN_STACK).max(LEAST_PAGES * page).checked_next_power_of_two()?;
        if len > MAX_STACK {
            return None;
        }
        u8::try_from(len.ilog2()).ok().map(Self)
    }

    /// All of them, by [`index`](Self::index).
    pub(super) fn all() -> [Self; CLASSES] {
        #[expect(clippy::cast_possible_truncation, reason = "below 64")]
        core::array::from_fn(|index| Self(MIN_STACK.ilog2() as u8 + index as u8))
    }

    /// Its place among the classes.
    pub(super) fn index(self) -> usize {
        usize::from(self.0) - MIN_STACK.ilog2() as usize
    }

    /// The length of a slot in bytes.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        1 << self.0
    }
}

/// Neighbouring slots end their stacks at so many different cache lines.
pub(super) const COLOURS: usize = 32;
pub(super) const CACHE_LINE: usize = 64;

/// The end of a slot, less its colour.
pub(crate) type Top = NonNull<u8>;

/// The top of the slot that an address lies in.
#[inline(always)]
pub(super) fn top_of(address: usize, class: Class) -> Option<Top> {
    let index = address >> class.0;
    let end = (index + 1) << class.0;
    NonNull::new((end - index % COLOURS * CACHE_LINE) as *mut u8)
}

/// Where the slot of a top begins, with its guard.
pub(crate) fn bottom_of(top: Top, class: Class) -> *mut u8 {
    top.as_ptr().wrapping_sub(1).map_addr(|address| address & !(class.len() - 1))
}

/// The top of the slot that an address lies in, and its class; `None` outside the arena.
#[inline(always)]
pub(crate) fn slot_of(address: usize) -> Option<(Top, Class)> {
    match SPANS.get(address / SPAN) {
        0 => None,
        class => top_of(address, Class(class)).map(|top| (top, Class(class))),
    }
}

/// The top of the slot that this code runs on, unless it runs on a thread's own stack.
#[inline(always)]
pub(crate) fn current_slot() -> Option<Top> {
    slot_of(arch::stack_pointer()).map(|(top, _)| top)
}

/// Whether code that touched `address` has overflowed the stack that its stack pointer lies in: the
/// address is in that slot's guard. A slot with somebody on it was given out.
pub(crate) fn is_overflow(address: usize, stack_pointer: usize) -> bool {
    slot_of(stack_pointer).is_some_and(|(top, class)| {
        let bottom = bottom_of(top, class).addr();
        (bottom..bottom + stack::page_size()).contains(&address)
    })
}

/// Says that all slots between two multiples of [`SPAN`] are of a class, from now on. False if the
/// table ends before: then nothing there may be used.
#[must_use]
pub(super) fn publish(base: usize, len: usize, class: Class) -> bool {
    (base / SPAN..(base + len) / SPAN).all(|span| SPANS.set(span, class.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: [usize; 3] = [4 << 10, 16 << 10, 64 << 10];

    #[test]
    fn a_class_holds_what_was_asked_for_and_four_pages() {
        let len = |bytes, page| Class::with_pages(bytes, page).map(Class::len);
        for page in PAGES {
            let least = MIN_STACK.max(4 * page);
            assert_eq!(len(0, page), Some(least));
            assert_eq!(len(MIN_STACK, page), Some(least));
            assert_eq!(len((256 << 10) + 1, page), Some(512 << 10));
            assert_eq!(len(MAX_STACK, page), Some(MAX_STACK));
            assert_eq!(len(MAX_STACK + 1, page), None);
            assert_eq!(len(usize::MAX, page), None);
        }
    }

    #[test]
    fn of_every_slot_three_quarters_and_more_are_stack_whatever_a_page_is() {
        for page in PAGES {
            for bytes in (0..CLASSES).map(|class| MIN_STACK << class) {
                let len = Class::with_pages(bytes, page).unwrap().len();
                assert!(len.is_multiple_of(page) && SPAN.is_multiple_of(len));
                assert!(len - page >= len / 4 * 3, "{len} with pages of {page}");
            }
        }
    }

    #[test]
    fn every_address_of_a_slot_finds_its_ends() {
        for class in Class::all() {
            for index in [1, 2, 31, 32, 33] {
                let bottom = SPAN + index * class.len();
                let top = top_of(bottom, class).unwrap();
                for address in [bottom, bottom + 1, bottom + class.len() - 1] {
                    assert_eq!(top_of(address, class), Some(top));
                }
                assert_eq!(bottom_of(top, class).addr(), bottom);
                let colour = bottom + class.len() - top.addr().get();
                assert!(colour.is_multiple_of(CACHE_LINE) && colour < COLOURS * CACHE_LINE);
            }
        }
    }

    #[test]
    fn classes_have_places_in_order() {
        let all = Class::all();
        assert!(all.iter().enumerate().all(|(index, class)| class.index() == index));
        assert_eq!((all[0].len(), all[CLASSES - 1].len()), (MIN_STACK, MAX_STACK));
    }

    #[test]
    fn what_the_arena_does_not_own_is_no_slot() {
        let on_a_thread = 0;
        for address in [0, (&raw const on_a_thread).addr(), 1 << ADDRESS_BITS, usize::MAX] {
            assert_eq!(slot_of(address), None);
        }
        assert!(!publish(1 << ADDRESS_BITS, SPAN, Class::all()[0]));
    }
}
