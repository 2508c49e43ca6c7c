//! What is done with the notes: they are written, or the last of them are kept.

use std::collections::VecDeque;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::merge::Merger;
use super::picture::{Picture, Summary};
use crate::facade::now_ns;
use crate::sched::gmp::tape::Tape;
use crate::sched::gmp::tracing::Kept;

/// What came of a trace.
pub(super) type Outcome = io::Result<Summary>;

/// What is done with the notes.
pub(super) trait Sink {
    /// Takes those of a generation.
    fn take(&mut self, kept: Kept) -> io::Result<()>;

    /// What is kept.
    fn show(&self) -> Vec<Arc<Kept>> {
        Vec::new()
    }

    fn end(self: Box<Self>) -> Outcome;
}

/// Writes them.
pub(super) struct Writes<W: Write> {
    picture: Picture<BufWriter<W>>,
    merger: Merger,
}

impl<W: Write> Writes<W> {
    pub(super) fn begin(out: W) -> io::Result<Self> {
        let picture = Picture::begin(BufWriter::with_capacity(1 << 16, out), now_ns())?;
        Ok(Self { picture, merger: Merger::default() })
    }
}

impl<W: Write> Sink for Writes<W> {
    fn take(&mut self, kept: Kept) -> io::Result<()> {
        let heard = self.merger.merge(&kept);
        self.picture.draw(&heard, bytes(&kept))?;
        if let Some(counts) = kept.counts {
            self.picture.count(kept.until_ns, counts)?;
        }
        // Nothing happens: whoever looks sees all of it.
        if heard.is_empty() && self.merger.is_empty() { self.picture.flush() } else { Ok(()) }
    }

    fn end(self: Box<Self>) -> Outcome {
        self.picture.end()
    }
}

/// Keeps the last of them.
pub(super) struct Keeps {
    kept: VecDeque<Arc<Kept>>,
    weight: usize,
    most: usize,
}

impl Keeps {
    pub(super) fn new(most: usize) -> Self {
        Self { kept: VecDeque::new(), weight: 0, most }
    }
}

/// How many bytes the notes of a generation have.
fn bytes(kept: &Kept) -> usize {
    kept.tapes.iter().map(|(_, tape)| tape.len()).sum()
}

/// What the allocator takes for a piece of memory beside its bytes, rounded up.
const PIECE: usize = 32;
/// What a generation takes that is kept: the counts of its `Arc`, and two places in the queue, which doubles.
const GENERATION: usize =
    2 * PIECE + 2 * size_of::<usize>() + size_of::<Kept>() + 2 * size_of::<Arc<Kept>>();
/// What each of its tapes takes beside its bytes.
const TAPE: usize = PIECE + size_of::<(Option<u32>, Tape)>();

/// How much memory a generation takes, once it is shrunk.
fn weight(kept: &Kept) -> usize {
    GENERATION + kept.tapes.len() * TAPE + bytes(kept)
}

/// Gives back the room that the tapes did not need.
fn shrink(kept: &mut Kept) {
    kept.tapes.shrink_to_fit();
    kept.tapes.iter_mut().for_each(|(_, tape)| tape.shrink());
}

impl Sink for Keeps {
    fn take(&mut self, mut kept: Kept) -> io::Result<()> {
        if kept.tapes.is_empty() {
            return Ok(());
        }
        shrink(&mut kept);
        self.weight += weight(&kept);
        self.kept.push_back(Arc::new(kept));
        while self.weight > self.most
            && let Some(oldest) = self.kept.pop_front()
        {
            self.weight -= weight(&oldest);
        }
        Ok(())
    }

    fn show(&self) -> Vec<Arc<Kept>> {
        self.kept.iter().cloned().collect()
    }

    fn end(self: Box<Self>) -> Outcome {
        Ok(Summary::default())
    }
}

/// Writes what was kept.
///
/// # Errors
///
/// The writer's.
pub(crate) fn draw(kept: &[Arc<Kept>], out: impl Write) -> Outcome {
    let began_ns = kept.first().map_or_else(now_ns, |first| first.began_ns());
    let picture = Picture::begin(BufWriter::new(out), began_ns)?;
    let mut writes = Box::new(Writes { picture, merger: Merger::default() });
    for kept in kept {
        let heard = writes.merger.merge(kept);
        writes.picture.draw(&heard, bytes(kept))?;
    }
    writes.take(Kept::default())?;
    writes.end()
}
