//! Finding goroutines that keep something of a thread when they continue on a different one: a net
//! for the promise of `Builder::start`, off unless it is asked for.
//!
//! When a goroutine leaves its stack, its own thread reads the live part of that stack. It looks for
//! a word that points into one of the thread's thread-locals, and for a word that equals a heap pointer
//! which one of them holds (an `Rc` of which the thread-local has a clone). If the goroutine is resumed
//! by another thread, what was found is reported. Nothing of a thread is read by another: it may have
//! ended by then.
//!
//! The search is conservative. A word may look like such a pointer by chance, or be left over from a
//! call that has returned. And much that belongs to a thread is no pointer into a thread-local: the
//! lock of std's standard output is a static. So neither a report nor silence is a proof.

use crate::facade::now_ns;
use crate::machine::arch::{self, Arrival, StackPointer};
use crate::machine::images::Images;
use crate::machine::signal;
use crate::proto::lock;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::leave::After;
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::moves::{Kept, Moves, What};
use crate::sched::gmp::wait::Place;
use crate::sched::gmp::{arena, marks};

/// Switches to a goroutine, and looks before and after.
///
/// # Safety
///
/// - The goroutine is suspended at `to`, and the M, whose thread this is, owns it.
#[cold]
pub(super) unsafe fn watched_switch(m: MRef, g: GRef, to: StackPointer) -> Arrival {
    let place = g.addr().get();
    let moves = m.sched.moves.as_deref();
    if let Some(moves) = moves
        && let Some(kept) = moves.take(place)
        && kept.thread != m.tid()
    {
        report(moves, g, kept);
    }
    // SAFETY: as the caller says.
    let arrival = unsafe { arch::switch(to, m.to_word()) };
    // SAFETY: the goroutine, whose stack this M still owns, left its value there (`leave`).
    let after = unsafe { &*(arrival.word as *const After) };
    if let Some(moves) = moves
        && let Some(what_for) = what_for(g, after)
        && let Some(what) = search(arrival.from.address(), place)
    {
        let waits_at = g::header(g).waits_at().filter(|_| matches!(after, After::Park));
        moves.keep(place, Kept { thread: m.tid(), what, what_for, waits_at });
    }
    arrival
}

/// Why a goroutine that lives on has left its stack.
fn what_for(g: GRef, after: &After) -> Option<&'static str> {
    match after {
        After::Park => Some(g::header(g).wait.read(now_ns()).0.words()),
        After::Yield => Some("lets others run"),
        After::Spawned(_) => Some("starts another goroutine"),
        After::NoP => Some("waits for a processor"),
        After::Exit | After::Over | After::Panicked(_) => None,
    }
}

/// Says once for all goroutines that were started there and waited for the like.
fn report(moves: &Moves, g: GRef, kept: Kept) {
    let header = g::header(g);
    let Some(started_at) = header.started_at() else { return };
    if !moves.tells_first((core::ptr::from_ref(started_at).addr(), kept.what_for)) {
        return;
    }
    let text = format!(
        "gosched: {}, started at {}, keeps {} while it {}{}, and continues on a \
         different thread, which may break the promise of Builder::start\n",
        header.who(),
        Place(started_at),
        kept.what.words(),
        kept.what_for,
        kept.waits_at.map_or_else(String::new, |at| format!(" at {}", Place(at))),
    );
    signal::write_stderr(text.as_bytes());
}

impl What {
    fn words(self) -> &'static str {
        match self {
            Self::Reference => "a pointer into a thread-local of its thread",
            Self::Shared => "a pointer that a thread-local of its thread holds too",
        }
    }
}

/// The length of the counts before the value of an `Rc` or an `Arc`.
const COUNTS: usize = 2 * size_of::<usize>();

/// Looks for something of this thread in `sp..top`, the live part of a suspended stack.
fn search(sp: usize, top: usize) -> Option<What> {
    let images = Images::of_this_thread();
    let own = own_thread_locals();
    let held = held(&images, &own);
    let is_shared = |word| held.binary_search(&word).is_ok();
    let mut shared = None;
    for (_, word) in words(sp, top) {
        if images.has_thread_local(word) && !own.contains(&word) {
            return Some(What::Reference);
        }
        if is_shared(word) || is_shared(word.wrapping_sub(COUNTS)) {
            shared = Some(What::Shared);
        }
    }
    shared
}

/// The pointers to the heap that this thread's thread-locals hold, but for this crate's own, in order.
fn held(images: &Images, own: &[usize]) -> Vec<usize> {
    let blocks = images.thread_locals.iter();
    let all = blocks
        .flat_map(|block| words(block.start.next_multiple_of(align_of::<usize>()), block.end));
    let mut held: Vec<_> = all
        .filter(|&(at, word)| !own.contains(&at) && is_heap(word, images))
        .map(|(_, word)| word)
        .collect();
    held.sort_unstable();
    held
}

/// Whether a word may point to the heap.
fn is_heap(word: usize, images: &Images) -> bool {
    const LOWEST: usize = 0x1_0000;
    const END: usize = 1 << 48;
    word.is_multiple_of(align_of::<usize>())
        && (LOWEST..END).contains(&word)
        && !images.has(word)
        && !images.has_thread_local(word)
        && arena::slot_of(word).is_none()
}

/// Where this crate's own thread-locals lie, which never matter: none is kept over a switch.
fn own_thread_locals() -> [usize; 6] {
    let [helps, stops, clean, runtime, m] = marks::places();
    [helps, stops, clean, runtime, m, lock::place_of_ranks()]
}

/// The words of a range of memory, as far as they fit into it, each with its address.
fn words(begin: usize, end: usize) -> impl Iterator<Item = (usize, usize)> {
    let begin = begin.next_multiple_of(align_of::<usize>());
    (begin..end.saturating_sub(size_of::<usize>() - 1)).step_by(size_of::<usize>()).map(|at| {
        // SAFETY: (mapped) a thread-local of this thread, or a stack that it owns; (aligned) as said
        //         above. What is read is compared and no more, so any bits will do; it is read in a way
        //         that the compiler must not reason about, because some of it may never have been
        //         written.
        (at, unsafe { (at as *const usize).read_volatile() })
    })
}
