//! What operations cost on many cores, by simulation: the lines that move stay few.
//!
//! `./check cost` measures all of it anew, and writes `verify/results/cost.md`.
//! `GOSCHED_COST_PROCS=64` ends at so many Ps: 256 take some minutes.
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

use cost::workloads::WORKLOADS;
use cost::{Order, measure, report};

/// Transfers for one operation on 2 and on 4 Ps, at most: half as many again as were measured, and one half.
const LIMITS: &[(&str, f64, f64)] = &[];

#[test]
fn no_operation_moves_more_lines_than_it_did() {
    for (name, at_2, at_4) in LIMITS {
        let workload = WORKLOADS.iter().find(|workload| workload.name == *name).unwrap();
        for (procs, limit) in [(2, at_2), (4, at_4)] {
            for order in [Order::RoundRobin, Order::Random] {
                let transfers = measure(workload, procs, order).transfers();
                assert!(
                    transfers <= *limit,
                    "{name} on {procs} Ps, {order:?}: {transfers:.2} > {limit}"
                );
            }
        }
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
