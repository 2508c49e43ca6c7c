//! Notes that threads take without a lock, one after the other, and that a collector takes away while
//! they go on, or when it has had enough.
//!
//! # In short
//!
//! Each thread writes into memory of its own, and the collector wants that memory. So the notes come in
//! generations, and each thread has two halves: it writes into the half of the present generation. The
//! collector begins the next generation, and takes what lies in the halves of the last one. A thread could
//! be writing there still. But it marks itself before it looks which generation it is: so the collector
//! either sees the mark and waits until that one note is written, or the thread sees the new generation.
//! Nobody ever waits for the collector. When it stops there is no generation, and the threads write nothing.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `generation` | single-writer | the collector: the number, times two, and 1 while there is a generation |
//! | `mark` | single-writer | the stream's thread: odd while it writes |
//! | `halves[k]` | cell | the thread in its mark, while the number is k modulo 2; else the collector |
//!
//! A stream may pass from one thread to the next, if something orders the two (`proto/mlife` for the
//! record of a thread, a lock for a stream that many threads share).
//!
//! # Invariants
//!
//! - I1: a thread touches a half only while it is marked, and only the half of a generation that was present
//!   after it marked itself.
//! - I2: after [`Gate::turn`] or [`Gate::close`], and a wait for the mark of a stream that was odd then, no
//!   thread touches the stream's half of the ended generation until the next but one.
//! - I3: each note that was written is taken once, if the collector takes from every stream that was there
//!   when the generation ended. A stream that comes later begins with a later generation.
//! - I4: a moment that is noted lies within its generation: after the collector began it. (The thread reads
//!   the clock after it has read the generation.)
//!
//! # Handshakes
//!
//! - The mark (SB, asymmetric): a thread writes `mark`, then reads `generation`; the collector writes
//!   `generation`, then reads `mark`. The fence is the light one on the thread's side.
//! - The notes (MP): a thread writes its half, then `mark` with Release; the collector reads `mark` with
//!   Acquire and takes the half.
//! - The emptied half (MP): the collector empties it, then begins the generation after the next with Release;
//!   a thread reads `generation` with Acquire and writes into that half.
//!
//! # Why it holds
//!
//! I2: let the collector's fence come after the thread's in a note. Then the collector sees that mark or a
//! later one. If it is odd, the collector waits for another value: the note was written then, and a later
//! note of this thread looks at `generation` after a fence that comes after the collector's. If it is even, the
//! note was written. Let the thread's fence come after: then it reads the new generation. I3 follows: a note
//! in a half is there when the half is taken. I1 is the text of `begin`.
//!
//! # Rejected
//!
//! Go's buffers are handed to the reader under a lock when they are full (`traceBufFlush`). Here nothing is
//! handed over by a thread: what does not fit before the collector comes is counted and lost. A ring between
//! thread and collector needs no generations, but the end of a trace does, or a thread could write into
//! the next one; and these rings would be there while nothing is traced.
//!
//! # Source
//!
//! Go's `traceAcquire`, `traceRelease` and `traceAdvance` (runtime/traceruntime.go, runtime/trace.go, 1.22).
//!
//! # Suites
//!
//! `verify/loom/trace.rs`, `verify/shuttle/trace.rs`: a thread that takes notes against a collector that
//! begins, turns and ends; one that comes back to a half; two traces one after the other; a thread's record
//! that passes to another thread, and a thread that comes, while the collector ends; and the whole scheduler,
//! whose goroutines are noted, beside a collector and a stopped world. Mutants TR1 to TR4.

use crate::facade::{
    AtomicU32, Cell,
    Ordering::{Acquire, Relaxed, Release},
    fence_heavy, fence_light, spin_hint,
};

/// There is a generation.
const ON: u32 = 1;
/// The next number.
const NEXT: u32 = 2;

/// A generation that has ended. What was noted in it is the collector's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Ended(u32);

fn half(generation: u32) -> usize {
    (generation / NEXT % 2) as usize
}

/// Whether notes are taken, and in which generation. One collector at a time turns it.
pub(crate) struct Gate {
    generation: AtomicU32,
}

impl Gate {
    /// No notes are taken.
    pub(crate) fn new() -> Self {
        Self { generation: AtomicU32::new(0) }
    }

    /// Whether notes are taken; a hint.
    pub(crate) fn is_open(&self) -> bool {
        // Relaxed: hint, looked at again by whoever notes something.
        self.generation.load(Relaxed) & ON != 0
    }

    /// Notes are taken from here on. Only if none were.
    pub(crate) fn open(&self) {
        // Relaxed: owner-only.
        self.publish(self.generation.load(Relaxed).wrapping_add(NEXT) | ON);
    }

    /// The next generation begins.
    pub(crate) fn turn(&self) -> Ended {
        // Relaxed: owner-only.
        let ended = self.generation.load(Relaxed);
        self.publish(ended.wrapping_add(NEXT));
        Ended(ended)
    }

    /// No more notes are taken.
    pub(crate) fn close(&self) -> Ended {
        // Relaxed: owner-only.
        let ended = self.generation.load(Relaxed);
        self.publish(ended & !ON);
        Ended(ended)
    }

    fn publish(&self, generation: u32) {
        // ORDER Release: publishes the halves that were emptied.
        //   pairs    trace.begin.generation
        //   checked  loom trace::a_half_is_used_again_when_it_is_empty
        self.generation.store(generation, Release);
        // ORDER fence (SB with trace.begin.fence).
        //   mine   write generation, then read mark
        //   other  write mark,       then read generation
        //   Mine first: the thread sees the new generation. Other first: we see its mark.
        //   checked  loom trace::each_note_is_taken_once
        fence_heavy();
    }
}

/// What one thread notes.
pub(crate) struct Stream<T> {
    mark: AtomicU32,
    halves: [Cell<T>; 2],
}

// SAFETY: a half passes between the thread and the collector (Send) by the mark and the generation (I1, I2).
unsafe impl<T: Send> Sync for Stream<T> {}

/// A thread's right to one note.
#[must_use]
pub(crate) struct Writing<'a, T> {
    stream: &'a Stream<T>,
    half: usize,
}

impl<T: Default> Stream<T> {
    pub(crate) fn new() -> Self {
        Self { mark: AtomicU32::new(0), halves: core::array::from_fn(|_| Cell::new(T::default())) }
    }

    /// Begins a note, if notes are taken. The stream's thread calls it, and not while it writes one.
    pub(crate) fn begin(&self, gate: &Gate) -> Option<Writing<'_, T>> {
        // Relaxed: owner-only.
        let mark = self.mark.load(Relaxed);
        // ORDER Release: publishes the notes before this one, if the collector waits for the last of them
        // and sees that it is over by this.
        //   pairs    trace.take.mark
        //   checked  loom trace::a_half_is_used_again_when_it_is_empty
        self.mark.store(mark.wrapping_add(1), Release);
        // ORDER fence (SB with trace.publish.fence).
        //   mine   write mark,       then read generation
        //   other  write generation, then read mark
        //   Mine first: the collector sees the mark and waits. Other first: we see the new generation.
        //   checked  loom trace::each_note_is_taken_once
        fence_light();
        // ORDER Acquire: receives the emptied half.
        //   pairs    trace.publish.generation
        //   checked  loom trace::a_half_is_used_again_when_it_is_empty
        let generation = gate.generation.load(Acquire);
        let writing = Writing { stream: self, half: half(generation) };
        (generation & ON != 0).then_some(writing)
    }

    /// Takes what was noted in a generation that has ended. Waits for a note that is being written. The
    /// collector calls it, once for each generation.
    pub(crate) fn take(&self, Ended(generation): Ended) -> T {
        // ORDER Acquire: receives the notes.
        //   pairs    trace.drop.mark, trace.begin.mark
        //   checked  loom trace::each_note_is_taken_once
        let first = self.mark.load(Acquire);
        let mut now = first;
        // progress: a note takes a few instructions.
        while now % 2 == 1 && now == first {
            spin_hint();
            // ORDER Acquire: receives the notes.
            //   pairs    trace.drop.mark, trace.begin.mark
            //   checked  loom trace::each_note_is_taken_once
            now = self.mark.load(Acquire);
        }
        // SAFETY: (exclusive) no thread touches it (I2).
        self.halves[half(generation)].with_mut(|half| unsafe { core::mem::take(&mut *half) })
    }
}

impl<T> Writing<'_, T> {
    /// Writes the note, by something that does not come back here.
    pub(crate) fn with(&self, write: impl FnOnce(&mut T)) {
        // SAFETY: (exclusive) the thread is marked, and this was its half after that (I1).
        self.stream.halves[self.half].with_mut(|half| write(unsafe { &mut *half }));
    }
}

impl<T> Drop for Writing<'_, T> {
    fn drop(&mut self) {
        // Relaxed: owner-only.
        let mark = self.stream.mark.load(Relaxed);
        // ORDER Release: publishes the note.
        //   pairs    trace.take.mark
        //   checked  loom trace::each_note_is_taken_once
        self.stream.mark.store(mark.wrapping_add(1), Release);
    }
}
