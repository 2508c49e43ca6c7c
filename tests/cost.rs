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

const ORDERS: [Order; 2] = [Order::RoundRobin, Order::Random];

/// Transfers for one operation on 2 and on 4 Ps, at most: what was measured, half as many again, and a fourth of
/// one.
const LIMITS: &[(&str, f64, f64)] = &[
    ("yield", 0.25, 0.25),
    ("spawn", 0.4, 0.6),
    ("spawn alone", 5.8, 6.7),
    ("steal", 16.0, 29.0),
    ("wake", 18.0, 31.0),
    ("channel", 2.8, 2.7),
    ("channel alone", 2.8, 3.4),
    ("channel of 128", 11.0, 9.3),
    ("many to one", 5.8, 11.0),
    ("mutex", 0.25, 0.25),
    ("mutex shared", 7.7, 12.3),
    ("timer", 5.4, 9.6),
    ("stop", 138.0, 270.0),
];

/// Words that many read and few write, each with what writes beside it, and in which part of the scheduler it
/// lies. None moves because of a neighbour.
const APART: &[(&str, &str)] =
    &[("stop", "pause.on of pause"), ("spawn", "timers.when of a P's timers")];

fn workload(name: &str) -> &'static Workload {
    WORKLOADS.iter().find(|workload| workload.name == name).unwrap()
}

#[test]
fn no_operation_moves_more_lines_than_it_did() {
    for (name, at_2, at_4) in LIMITS {
        for (procs, limit) in [(2, at_2), (4, at_4)] {
            for order in ORDERS {
                let transfers = measure(workload(name), procs, order).transfers();
                eprintln!("{name:<15} {procs} Ps, {order:?}: {transfers:.2} of {limit}");
                assert!(
                    transfers <= *limit,
                    "{name}, {procs} Ps, {order:?}: {transfers:.2} > {limit}"
                );
            }
        }
    }
}

#[test]
fn what_all_read_lies_beside_nothing_that_is_written() {
    for (name, word) in APART {
        let measured = measure(workload(name), 16, Order::RoundRobin);
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
