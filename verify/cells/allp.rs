//! Scenarios of `proto/allp`: a table that grows, and one who reads it.

use std::sync::Arc;

use super::{Scenario, spawn};
use crate::facade::Cell;
use crate::proto::allp::AllP;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { allp:
            a_reader_sees_entries_that_are_built = GROWS, loom All, shuttle cut(200, 20_000);
        }
    };
}
pub(crate) use suite;

/// An entry that must be built before it is seen.
struct Entry(Cell<u32>);

// SAFETY: written once, before it is published.
unsafe impl Sync for Entry {}
// SAFETY: a number.
unsafe impl Send for Entry {}

fn entry(id: u32) -> Entry {
    Entry(Cell::new(id))
}

/// What a reader sees, entry by entry.
fn read<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<u32> {
    // SAFETY: (shared) nobody writes an entry that is in the table.
    entries.map(|entry| entry.0.with(|id| unsafe { *id })).collect()
}

/// The table grows by a chunk while another thread reads it.
pub(crate) const GROWS: Scenario = Scenario {
    threads: 2,
    run: || {
        let table = Arc::new(AllP::new(1, entry));
        let grower = spawn({
            let table = table.clone();
            move || table.resize(3, entry)
        });
        let (active, all) = (read(table.iter()), read(table.iter_all()));
        assert!((0..).zip(&active).all(|(i, &id)| i == id), "in order");
        grower.join();
        assert_eq!((read(table.iter()), read(table.iter_all())), (vec![0, 1, 2], vec![0, 1, 2]));
        format!("{} in use, of {}", active.len(), all.len())
    },
    outcomes: &["1 in use, of 1", "1 in use, of 2", "1 in use, of 3", "3 in use, of 3"],
};
