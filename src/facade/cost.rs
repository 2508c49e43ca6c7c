//! What accesses would cost on many cores: cache lines that move, counted.
//!
//! Each thread of a model is a core of its own, with a cache that never forgets. A *line* is 64 bytes of the
//! process's real memory: outside `cfg(test)` the words of the shuttle build are std's, so what shares a line
//! there shares one in a real build. A line is held by the cores that have read it since it was last written,
//! and by its last writer (the states M, E and S of MESI are "one holder that wrote", "one" and "several"):
//!
//! - a read is a *transfer* if the reader holds no copy and another core has written the line;
//! - a write, and every read-modify-write, successful or not, is a transfer if others hold copies, which it
//!   *invalidates*;
//! - a heavy fence interrupts every core: it is counted by itself.
//!
//! The same rule runs beside it for words instead of lines. A transfer that the words alone would not have
//! made is a *shared line*: two words that lie too close.
//!
//! What is not seen: memory that passes no facade (stacks, values, fields that never change, std's `Arc`), what
//! the kernel does, and how long anything takes.
//!
//! All threads of a model are one thread of the system, and models run side by side: so the book is a
//! thread-local of std's, which shuttle does not see.

use core::cell::{Cell, RefCell};
use core::panic::Location;
use std::collections::{BTreeMap, HashMap};

/// What a core does with a word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// What was counted at one place in the source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) accesses: u64,
    pub(crate) transfers: u64,
    /// Transfers that words apart would not have made.
    pub(crate) shared_lines: u64,
    /// Copies that were taken from others.
    pub(crate) invalidations: u64,
    pub(crate) heavy_fences: u64,
}

/// Where an access stands, and in what its memory lies, if that has a label.
pub(crate) type Place = (&'static Location<'static>, Option<&'static str>);

const LINE: usize = 64;
const WORD: usize = 8;

/// So many cores can be told apart.
const MOST_CORES: usize = 1024;

/// A set of cores.
#[derive(Clone, Copy)]
struct Cores([u64; MOST_CORES / 64]);

impl Cores {
    const NONE: Self = Self([0; MOST_CORES / 64]);

    fn has(&self, core: usize) -> bool {
        self.0[core / 64] >> (core % 64) & 1 == 1
    }

    fn add(&mut self, core: usize) {
        self.0[core / 64] |= 1 << (core % 64);
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|part| u64::from(part.count_ones())).sum()
    }
}

/// Who holds a line (or a word).
struct Copies {
    holders: Cores,
    last_writer: Option<usize>,
}

impl Copies {
    const NONE: Self = Self { holders: Cores::NONE, last_writer: None };

    /// Returns whether it is a transfer, and how many copies it takes from others.
    fn access(&mut self, core: usize, access: Access) -> (bool, u64) {
        match access {
            Access::Read => (self.read(core), 0),
            Access::Write => {
                let taken = self.write(core);
                (taken > 0, taken)
            }
        }
    }

    fn read(&mut self, core: usize) -> bool {
        let is_away = !self.holders.has(core) && self.last_writer.is_some_and(|last| last != core);
        self.holders.add(core);
        is_away
    }

    fn write(&mut self, core: usize) -> u64 {
        let others = self.holders.count() - u64::from(self.holders.has(core));
        self.holders = Cores::NONE;
        self.holders.add(core);
        self.last_writer = Some(core);
        others
    }
}

#[derive(Default)]
struct Book {
    lines: HashMap<usize, Copies>,
    words: HashMap<usize, Copies>,
    /// By the first byte: the byte behind the last, and the name.
    labels: BTreeMap<usize, (usize, &'static str)>,
    tallies: HashMap<Place, Tally>,
}

impl Book {
    fn access(&mut self, core: usize, address: usize, len: usize, access: Access) -> Tally {
        let mut tally = Tally { accesses: 1, ..Tally::default() };
        for line in address / LINE..=(address + len.max(1) - 1) / LINE {
            let (moves, taken) =
                self.lines.entry(line).or_insert(Copies::NONE).access(core, access);
            let moves_alone = self.words_of(core, (line, address, len), access);
            tally.transfers += u64::from(moves);
            tally.shared_lines += u64::from(moves && !moves_alone);
            tally.invalidations += taken;
        }
        tally
    }

    /// Whether any of the words that are accessed in a line would have moved.
    fn words_of(
        &mut self,
        core: usize,
        (line, address, len): (usize, usize, usize),
        access: Access,
    ) -> bool {
        let first = address.max(line * LINE);
        let last = (address + len.max(1) - 1).min(line * LINE + LINE - 1);
        let mut moves = false;
        for word in first / WORD..=last / WORD {
            // A word of 32 bits is told from its neighbour by where it begins.
            let key = if len < WORD { address } else { word * WORD };
            moves |= self.words.entry(key).or_insert(Copies::NONE).access(core, access).0;
        }
        moves
    }

    /// In what an address lies.
    fn label(&self, address: usize) -> Option<&'static str> {
        let (_, &(end, label)) = self.labels.range(..=address).next_back()?;
        (address < end).then_some(label)
    }

    fn add(&mut self, place: Place, tally: Tally) {
        let sum = self.tallies.entry(place).or_default();
        sum.accesses += tally.accesses;
        sum.transfers += tally.transfers;
        sum.shared_lines += tally.shared_lines;
        sum.invalidations += tally.invalidations;
        sum.heavy_fences += tally.heavy_fences;
    }
}

std::thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static BOOK: RefCell<Book> = RefCell::default();
}

/// Whether anything is counted: never in this crate's own models, whose words are shuttle's and lie otherwise.
#[inline(always)]
pub(crate) fn is_on() -> bool {
    !cfg!(test) && IS_ON.get()
}

/// Counts what the models of this thread do from here on, with caches that are empty; or counts no more.
#[cfg(not(test))]
pub(crate) fn set(on: bool) {
    IS_ON.set(on);
    BOOK.take();
}

/// Names a piece of memory.
#[cfg(not(test))]
pub(crate) fn label<T>(of: &T, label: &'static str) {
    let address = core::ptr::from_ref(of).addr();
    BOOK.with_borrow_mut(|book| book.labels.insert(address, (address + size_of::<T>(), label)));
}

/// What was counted since the last call. The caches stay as they are.
#[cfg(not(test))]
pub(crate) fn take() -> HashMap<Place, Tally> {
    BOOK.with_borrow_mut(|book| core::mem::take(&mut book.tallies))
}

/// The core that runs this; none once a model ends.
fn core() -> Option<usize> {
    ::shuttle::current::try_get_current_task().map(usize::from)
}

/// An access of memory.
#[track_caller]
pub(crate) fn seen(address: usize, len: usize, access: Access) {
    let (Some(core), place) = (core(), Location::caller()) else { return };
    BOOK.with_borrow_mut(|book| {
        let tally = book.access(core, address, len, access);
        book.add((place, book.label(address)), tally);
    });
}

/// A fence that interrupts all cores.
#[track_caller]
pub(crate) fn fenced() {
    let place = Location::caller();
    BOOK.with_borrow_mut(|book| {
        book.add((place, None), Tally { heavy_fences: 1, ..Tally::default() });
    });
}

#[cfg(test)]
mod tests {
    use super::{Access::Read, Access::Write, Book, LINE};

    /// What each access of a list costs: the core, the address, what it does.
    fn costs(accesses: &[(usize, usize, super::Access)]) -> Vec<(u64, u64, u64)> {
        let mut book = Book::default();
        let each = accesses.iter().map(|&(core, address, access)| {
            let tally = book.access(core, address, 8, access);
            (tally.transfers, tally.invalidations, tally.shared_lines)
        });
        each.collect()
    }

    #[test]
    fn a_line_moves_to_a_reader_once_and_back_to_its_writer() {
        let accesses = [(1, 0, Write), (2, 0, Read), (2, 0, Read), (1, 0, Read), (1, 0, Write)];
        let moves = [(0, 0, 0), (1, 0, 0), (0, 0, 0), (0, 0, 0), (1, 1, 0)];
        assert_eq!(costs(&accesses), moves);
    }

    #[test]
    fn a_write_takes_the_copies_of_all_readers() {
        let accesses = [(1, 0, Write), (2, 0, Read), (3, 0, Read), (4, 0, Write)];
        assert_eq!(costs(&accesses)[3], (1, 3, 0));
    }

    #[test]
    fn what_is_only_read_never_moves() {
        assert_eq!(costs(&[(1, 0, Read), (2, 0, Read), (3, 0, Read)]), [(0, 0, 0); 3]);
    }

    #[test]
    fn two_words_in_one_line_move_together_and_two_lines_do_not() {
        assert_eq!(costs(&[(1, 0, Write), (2, 8, Write), (1, 0, Write)])[1..], [(1, 1, 1); 2]);
        assert_eq!(costs(&[(1, 0, Write), (2, LINE, Write), (1, 0, Write)]), [(0, 0, 0); 3]);
    }
}
