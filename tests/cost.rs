//! What operations cost on many cores, by simulation: the lines that move stay few.
//!
//! `./check cost` measures all of it anew, and writes `verify/results/cost.md`. With `GOSCHED_COST_PROCS=64` it
//! ends at so many Ps.
#![cfg(all(feature = "shuttle", not(feature = "loom")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

#[path = "../verify/cost/mod.rs"]
mod cost;

use std::{env, fs};

use cost::words::by_words;
use cost::workloads::{WORKLOADS, Workload};
use cost::{Order, measure, report};

/// Transfers for one operation on 2 and on 4 Ps, at most: what was measured, half as many again, and a fourth of
/// one.
const LIMITS: &[(&str, f64, f64)] = &[
    ("yield", 0.25, 0.25),
    ("spawn", 0.35, 0.36),
    ("spawn alone", 4.2, 5.1),
    ("steal", 14.0, 26.0),
    ("wake", 12.0, 27.0),
    ("channel", 2.1, 2.7),
    ("channel alone", 2.1, 3.2),
    ("channel of 128", 2.3, 2.4),
    ("many to one", 4.1, 8.0),
    ("mutex", 0.25, 0.25),
    ("mutex shared", 5.8, 10.0),
    ("timer", 1.8, 8.8),
    ("stop", 111.0, 230.0),
];

/// Words that many read and few write: what writes beside each, on how many Ps that shows, and the word. None moves
/// because of a neighbour.
const APART: &[(&str, usize, &str)] =
    &[("stop", 16, "pause.on of pause"), ("spawn", 64, "timers.when of a P's timers")];

fn workload(name: &str) -> &'static Workload {
    WORKLOADS.iter().find(|workload| workload.name == name).unwrap()
}

/// The fewest transfers for one operation, of five orders. In some a P comes to have two goroutines and another none,
/// and the thread that looks for work moves the lines of the others.
fn least_transfers(name: &str, procs: usize) -> f64 {
    let random = (1..5).map(Order::Random);
    let orders = random.chain([Order::RoundRobin]);
    let transfers = orders.map(|order| measure(workload(name), procs, order).transfers());
    transfers.fold(f64::INFINITY, f64::min)
}

#[test]
fn no_operation_moves_more_lines_than_it_did() {
    for (name, at_2, at_4) in LIMITS {
        for (procs, limit) in [(2, *at_2), (4, *at_4)] {
            let least = least_transfers(name, procs);
            eprintln!("{name:<15} {procs} Ps: {least:.2} of {limit}");
            assert!(
                least <= limit,
                "{name}, {procs} Ps: {least:.2} transfers, at most {limit} are allowed"
            );
        }
    }
}

#[test]
fn what_all_read_lies_beside_nothing_that_is_written() {
    for (name, procs, word) in APART {
        let measured = measure(workload(name), *procs, Order::RoundRobin);
        let moved = by_words(&measured.sites)[*word].shared_lines;
        assert_eq!(
            moved, 0,
            "{word} moved for its neighbour in {} operations of {name}",
            measured.ops
        );
    }
}

#[test]
#[ignore = "long: ./check cost"]
fn the_report_is_written() {
    let most = env::var("GOSCHED_COST_PROCS").map_or(256, |most| most.parse().unwrap());
    let text = report::whole(most, |said| eprintln!("{said}"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/results/cost.md");
    fs::write(path, text).unwrap();
}
