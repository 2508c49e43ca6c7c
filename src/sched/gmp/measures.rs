//! What a scheduler's metrics are kept in: a tally for each M, one for all others, and moments in the headers of
//! goroutines.

use crate::base::histogram::{self, Histogram};
use crate::facade::{OwnCell, room};
use crate::proto::tally::{Shared, Tally};

/// What is counted. What has a cause stands before it, for they are read in this order (`proto/tally`, I3).
#[derive(Clone, Copy)]
pub(crate) enum Count {
    Ended,
    Runs,
    Stolen,
    Polled,
    Readied,
    Fired,
    Made,
    Taken,
    Threads,
    Stops,
}

/// What is measured; these are read before what is counted.
#[derive(Clone, Copy)]
pub(crate) enum Time {
    /// From when a goroutine can run until it does.
    ToRun,
    /// How long it runs in one go.
    Running,
    /// From when it waits for a lock until it runs again.
    ToLock,
    /// From when the world is to stop until it has.
    ToStop,
    /// How long it is stopped.
    Stopped,
}

/// The moments that a stop of the world goes through.
#[derive(Clone, Copy)]
pub(crate) enum Moment {
    Wanted,
    Stopped,
}

impl Count {
    /// All of them, each at its own number.
    pub(crate) const ALL: [Self; 10] = [
        Self::Ended,
        Self::Runs,
        Self::Stolen,
        Self::Polled,
        Self::Readied,
        Self::Fired,
        Self::Made,
        Self::Taken,
        Self::Threads,
        Self::Stops,
    ];
}

impl Time {
    /// All of them, each at its own number.
    pub(crate) const ALL: [Self; 5] =
        [Self::ToRun, Self::Running, Self::ToLock, Self::ToStop, Self::Stopped];
    /// So many, the first ones, are measured by Ms; the others by who stops the world.
    const OF_MS: usize = 3;

    pub(crate) fn is_measured_by_ms(self) -> bool {
        (self as usize) < Self::OF_MS
    }

    /// The first of its words.
    const fn place(self) -> usize {
        Count::ALL.len() + self as usize * SPAN
    }
}

/// How many buckets a duration is counted in.
const BUCKETS: usize = room(histogram::BUCKETS);
/// Behind them lie the sum,
const SUM: usize = BUCKETS;
/// and the largest.
const LARGEST: usize = BUCKETS + 1;
const SPAN: usize = BUCKETS + 2;

/// How many words an M has,
const WORDS_OF_M: usize = Count::ALL.len() + Time::OF_MS * SPAN;
/// where the moments lie that those share who are no Ms,
const MOMENTS: usize = Count::ALL.len() + Time::ALL.len() * SPAN;
/// and how many words they have.
const WORDS_OF_OTHERS: usize = MOMENTS + 2;

/// Nanoseconds, or a number of anything, as a word.
#[expect(clippy::cast_possible_truncation, reason = "64-bit machines only")]
fn word(n: u64) -> usize {
    n as usize
}

impl<const WORDS: usize> Tally<WORDS> {
    /// Counts so many.
    pub(crate) fn count(&self, what: Count, n: u32) {
        self.add(what as usize, n as usize);
    }

    /// Measures a duration.
    pub(crate) fn measure(&self, what: Time, ns: u64) {
        let first = what.place();
        // The bucket last: who reads it reads the others later.
        self.add(first + SUM, word(ns));
        self.raise(first + LARGEST, word(ns));
        self.add(first + histogram::bucket(ns).min(BUCKETS - 1), 1);
    }
}

/// Adds what was measured to a histogram, by a function that reads a word.
fn read_time(read: impl Fn(usize) -> usize, what: Time, into: &mut Histogram) {
    let read = |at| read(what.place() + at) as u64;
    let mut counts = [0; BUCKETS];
    counts.iter_mut().enumerate().for_each(|(at, n)| *n = read(at));
    into.add(counts.into_iter(), read(SUM), read(LARGEST));
}

/// An M's part. Its own thread writes it.
pub(crate) struct OfM {
    pub(crate) tally: Tally<WORDS_OF_M>,
    /// Since when its goroutine runs.
    pub(crate) runs_since: OwnCell<Option<u64>>,
}

impl OfM {
    pub(crate) fn new() -> Self {
        Self { tally: Tally::new(), runs_since: OwnCell::new(None) }
    }

    pub(crate) fn counted(&self, what: Count) -> u64 {
        self.tally.read(what as usize) as u64
    }

    /// Adds what it has measured.
    pub(crate) fn read_time(&self, what: Time, into: &mut Histogram) {
        read_time(|at| self.tally.read(at), what, into);
    }
}

/// A scheduler's part, which those write who are no Ms, and those who stop the world.
pub(crate) struct Measures(Shared<WORDS_OF_OTHERS>);

impl Measures {
    pub(crate) fn new() -> Self {
        Self(Shared::new())
    }

    pub(crate) fn count(&self, what: Count, n: u32) {
        self.0.write(|tally| tally.count(what, n));
    }

    /// Notes that a stop of the world is there. Stops come one after the other.
    pub(crate) fn note(&self, moment: Moment, now_ns: u64) {
        self.0.write(|tally| tally.raise(MOMENTS + moment as usize, word(now_ns)));
    }

    /// Measures how long it took from there.
    pub(crate) fn measure_from(&self, moment: Moment, what: Time, now_ns: u64) {
        self.0.write(|tally| {
            let since_ns = tally.read(MOMENTS + moment as usize) as u64;
            tally.measure(what, now_ns.saturating_sub(since_ns));
        });
    }

    pub(crate) fn counted(&self, what: Count) -> u64 {
        self.0.read(what as usize) as u64
    }

    /// Adds what was measured.
    pub(crate) fn read_time(&self, what: Time, into: &mut Histogram) {
        read_time(|at| self.0.read(at), what, into);
    }
}

/// A goroutine's moments. Each belongs to whoever may write it: they are two, because its waker can come before it
/// has left its stack.
pub(crate) struct Since {
    /// When it became able to run. Of who made it so, and then of the M that runs it.
    pub(crate) can_run: OwnCell<u64>,
    /// When its wait for a lock began. Of the M that runs it.
    pub(crate) wants_lock: OwnCell<Option<u64>>,
}

impl Since {
    pub(crate) fn new() -> Self {
        Self { can_run: OwnCell::new(0), wants_lock: OwnCell::new(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_listed_at_its_own_number() {
        assert!(Count::ALL.into_iter().enumerate().all(|(at, it)| it as usize == at));
        assert!(Time::ALL.into_iter().enumerate().all(|(at, it)| it as usize == at));
    }
}
