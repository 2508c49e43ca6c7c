//! Bringing the tapes of many threads into the order of time.

use super::wire::{self, Named};
use crate::sched::gmp::event::Event;
use crate::sched::gmp::tracing::Kept;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) at_ns: u64,
    /// The M that said it; `None` for a thread that is none.
    pub(super) m: Option<u32>,
    pub(super) what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Event {
        event: Event<Named>,
        /// The P with which a goroutine begins to run.
        p: Option<u32>,
    },
    /// So many events of that thread, from here on, found no room.
    Lost(u64),
}

/// Puts generation after generation into the order of time.
#[derive(Default)]
pub(super) struct Merger {
    held: Vec<Heard>,
}

impl Merger {
    /// What happened until the next generation began. The rest is held back: the next may have older ones.
    pub(super) fn merge(&mut self, kept: &Kept) -> Vec<Heard> {
        for (m, tape) in &kept.tapes {
            let m = *m;
            self.held.extend(tape.entries(|at_ns, reader| {
                let (event, p) = wire::decode(reader)?;
                Some(Heard { at_ns, m, what: What::Event { event, p } })
            }));
            if tape.lost != 0 {
                self.held.push(Heard { at_ns: tape.last_ns(), m, what: What::Lost(tape.lost) });
            }
        }
        // Runs in order, one behind the other: the sort is a merge. It leaves those of one thread in order.
        self.held.sort_by_key(|heard| heard.at_ns);
        let certain = self.held.partition_point(|heard| heard.at_ns < kept.until_ns);
        let later = self.held.split_off(certain);
        core::mem::replace(&mut self.held, later)
    }

    /// Whether something is held back.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sched::gmp::tape::Tape;

    fn kept(until_ns: u64, tapes: &[(u32, &[u64])]) -> Kept {
        let tapes = tapes.iter().map(|&(m, times)| {
            let mut tape = Tape::default();
            times.iter().for_each(|&at| tape.put(at, &wire::encode(Event::TimerFires, None)));
            (Some(m), tape)
        });
        Kept { until_ns, tapes: tapes.collect(), counts: None }
    }

    fn times(heard: &[Heard]) -> Vec<(u64, Option<u32>)> {
        heard.iter().map(|heard| (heard.at_ns, heard.m)).collect()
    }

    #[test]
    fn what_the_next_generation_may_precede_waits_for_it() {
        let mut merger = Merger::default();
        let first = merger.merge(&kept(10, &[(0, &[1, 5, 12]), (1, &[2, 9])]));
        assert_eq!(times(&first), [(1, Some(0)), (2, Some(1)), (5, Some(0)), (9, Some(1))]);
        assert!(!merger.is_empty());
        let second = merger.merge(&kept(u64::MAX, &[(1, &[11, 13])]));
        assert_eq!(times(&second), [(11, Some(1)), (12, Some(0)), (13, Some(1))]);
        assert!(merger.is_empty());
    }
}
