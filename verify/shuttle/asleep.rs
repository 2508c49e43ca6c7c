//! `proto/asleep` under shuttle.

use super::{pct, random};
use crate::cells::asleep::Process;
use crate::facade::spin_hint;

crate::cells::asleep::suite!();

const THREADS: usize = 3;

/// Each wakes the next and ends; one looks all the while.
fn chain() {
    let process = Process::new();
    let threads: Vec<_> = (0..THREADS)
        .map(|i| {
            process.create(move |process| {
                process.notes[i].sleep();
                if let Some(next) = process.notes.get(i + 1) {
                    next.wakeup();
                }
            })
        })
        .collect();
    let first = process.create(|process| process.notes[0].wakeup());
    // Progress: they come to their end.
    loop {
        match process.look(THREADS + 1) {
            "somebody is awake" => spin_hint(),
            seen => {
                assert_eq!(seen, "all have ended");
                break;
            }
        }
    }
    threads.into_iter().chain([first]).for_each(crate::facade::thread::JoinHandle::join);
}

#[test]
fn a_chain_of_wakers_is_awake_to_its_end() {
    random("asleep::a_chain_of_wakers_is_awake_to_its_end", 5_000, chain);
    pct("asleep::a_chain_of_wakers_is_awake_to_its_end", 3, 5_000, chain);
}
