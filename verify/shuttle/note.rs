//! `proto/note` under shuttle.

use std::sync::Arc;

use super::{pct, random};
use crate::cells::spawn;
use crate::facade::AtomicUsize;
use crate::facade::Ordering::Relaxed;
use crate::proto::note::Note;

crate::cells::note::suite!();

const THREADS: usize = 4;
const ROUNDS: usize = 5;

/// A ring of threads, each of which wakes the next: what goes round is counted by each.
fn ring() {
    let notes: Arc<[Note; THREADS]> = Arc::new([(); THREADS].map(|()| Note::new()));
    let turns = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|i| {
            let (notes, turns) = (notes.clone(), turns.clone());
            spawn(move || {
                for round in 0..ROUNDS {
                    notes[i].sleep();
                    notes[i].clear();
                    let turn = turns.load(Relaxed);
                    assert_eq!(turn, round * THREADS + i, "woken out of turn");
                    turns.store(turn + 1, Relaxed);
                    if turn + 1 < ROUNDS * THREADS {
                        notes[(i + 1) % THREADS].wakeup();
                    }
                }
            })
        })
        .collect();
    notes[0].wakeup();
    for thread in threads {
        thread.join();
    }
    assert_eq!(turns.load(Relaxed), ROUNDS * THREADS);
}

#[test]
fn a_wakeup_goes_round_a_ring_of_threads() {
    random("note::a_wakeup_goes_round_a_ring_of_threads", 5_000, ring);
    pct("note::a_wakeup_goes_round_a_ring_of_threads", 3, 5_000, ring);
}
