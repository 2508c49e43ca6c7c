//! The report: a table for each order, bars, and the words that do not scale.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::words::{Word, by_words};
use super::workloads::{WORKLOADS, Workload};
use super::{Measured, Order, measure};

/// How many Ps are simulated.
pub(crate) const PROCS: [usize; 5] = [2, 4, 16, 64, 256];

/// The numbers of Ps between which growth is told.
const FROM: usize = 4;
const TO: usize = 64;

/// A word does not scale if it moves so much more often for one operation as there are more Ps,
const GROWTH: f64 = 2.0;
/// and so often at last.
const OFTEN: f64 = 0.5;

const ORDERS: [(Order, &str); 2] =
    [(Order::RoundRobin, "Round robin"), (Order::Random(1), "Random (seed 1)")];

/// All that was measured of one order, by workload and number of Ps.
type Runs = BTreeMap<(usize, usize), Measured>;

/// Measures everything, and writes it down. `told` hears of each part.
pub(crate) fn whole(most: usize, told: impl Fn(&str)) -> String {
    let mut text = String::from(HEAD);
    for (order, title) in ORDERS {
        let runs = run_all(order, most, &told);
        write!(text, "\n## {title}\n\n### Transfers for one operation\n\n").unwrap();
        text += &table(&runs, most, |m| cell(m.transfers()));
        text += "\n```text\n";
        text += &bars(&runs);
        text += "```\n\n### Copies invalidated, heavy fences and accesses for one operation\n\n";
        text += &table(&runs, most, |m| {
            let three = [m.invalidations(), m.heavy_fences(), m.accesses()].map(cell);
            three.join(" / ")
        });
        text += "\n### Words that do not scale\n\n";
        text += &growing(&runs, most.min(TO));
        text += "\n### The words that move most often\n\n";
        text += &busiest(&runs, most.min(TO));
    }
    text
}

const HEAD: &str = "\
# What operations would cost on many cores

Written by `./check cost`; do not edit. It is a simulation: see [RESEARCH.md](../../RESEARCH.md) for what it counts and
how far it can be trusted. A *transfer* is a cache line that one core has to get from another.

Each operation is done by goroutines on all Ps, unless its row says otherwise:

";

fn run_all(order: Order, most: usize, told: &impl Fn(&str)) -> Runs {
    let mut runs = Runs::new();
    for (i, workload) in WORKLOADS.iter().enumerate() {
        let most = most.min(workload.most_procs());
        for procs in PROCS.into_iter().filter(|procs| *procs <= most) {
            let measured = measure(workload, procs, order);
            told(&format!(
                "{:<15} {order:?} {procs:>3} Ps: {} operations, {:.1} s",
                workload.name, measured.ops, measured.seconds
            ));
            runs.insert((i, procs), measured);
        }
    }
    runs
}

/// A number with as many digits as it deserves.
fn cell(number: f64) -> String {
    if number >= 9.95 { format!("{number:.0}") } else { format!("{number:.1}") }
}

fn table(runs: &Runs, most: usize, show: impl Fn(&Measured) -> String) -> String {
    let procs: Vec<usize> = PROCS.into_iter().filter(|procs| *procs <= most).collect();
    let heads: String = procs.iter().map(|procs| format!(" {procs} Ps |")).collect();
    let mut text = format!("| operation |{heads}\n|---|{}\n", "---:|".repeat(procs.len()));
    for (i, workload) in WORKLOADS.iter().enumerate() {
        let cell = |procs: &usize| runs.get(&(i, *procs)).map_or("-".into(), &show);
        let cells: String = procs.iter().map(|procs| format!(" {} |", cell(procs))).collect();
        writeln!(text, "| {}: {} |{cells}", workload.name, workload.what).unwrap();
    }
    text
}

/// One bar for each run: a sign for each doubling of one transfer in eight operations.
fn bars(runs: &Runs) -> String {
    let bar = |((i, procs), measured): (&(usize, usize), &Measured)| {
        let transfers = measured.transfers();
        let length = (transfers * 8.0).max(1.0).log2().round() as usize;
        let name = if *procs == PROCS[0] { WORKLOADS[*i].name } else { "" };
        format!("{name:<15} {procs:>3} Ps {} {}\n", "#".repeat(length), cell(transfers))
    };
    runs.iter().map(bar).collect()
}

/// How often a word moves for one operation.
fn rates(measured: &Measured) -> BTreeMap<String, f64> {
    let words = by_words(&measured.sites);
    words
        .into_iter()
        .map(|(name, word)| (name, word.transfers as f64 / measured.ops as f64))
        .collect()
}

/// The words of each operation that move more often for one as there are more Ps.
fn growing(runs: &Runs, to: usize) -> String {
    let mut text = format!(
        "| operation | word | transfers at {FROM} Ps | at {to} Ps |\n|---|---|---:|---:|\n"
    );
    for (i, Workload { name, .. }) in WORKLOADS.iter().enumerate() {
        let before = rates(&runs[&(i, FROM)]);
        for (word, rate) in rates(&runs[&(i, to)]) {
            let was = before.get(&word).copied().unwrap_or(0.0);
            if rate >= OFTEN && rate >= GROWTH * was {
                writeln!(text, "| {name} | `{word}` | {was:.2} | {rate:.2} |").unwrap();
            }
        }
    }
    text
}

/// The words of all operations at so many Ps: those that move most often.
fn busiest(runs: &Runs, procs: usize) -> String {
    let mut text = format!(
        "| operation at {procs} Ps | word | transfers | of them for a neighbour in its line | copies invalidated |\n|---|---|---:|---:|---:|\n"
    );
    for (i, Workload { name, .. }) in WORKLOADS.iter().enumerate() {
        let measured = &runs[&(i, procs)];
        let mut words: Vec<(String, Word)> = by_words(&measured.sites).into_iter().collect();
        words.sort_by_key(|(_, word)| std::cmp::Reverse(word.transfers));
        for (word, count) in words.iter().take(5) {
            let [moved, shared, taken] = [count.transfers, count.shared_lines, count.invalidations]
                .map(|n| n as f64 / measured.ops as f64);
            if moved >= 0.05 {
                writeln!(text, "| {name} | `{word}` | {moved:.2} | {shared:.2} | {taken:.1} |")
                    .unwrap();
            }
        }
    }
    text
}
