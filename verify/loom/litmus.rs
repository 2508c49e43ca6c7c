//! Litmus programs under loom: what it shows, exactly.
//!
//! `cargo test --lib --features loom litmus_table -- --nocapture` prints the table for RESEARCH.md
//! from what the other tests here assert.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::{Bound, is_hunting, model, say};
use crate::cells::litmus::{ALL, Litmus};
use crate::cells::spawn;
use crate::facade::Ordering::{self, Acquire, Relaxed, Release};
use crate::facade::{AtomicU32, Cell, OwnCell};

crate::cells::litmus::suite!();

/// Message passing into a cell that nothing protects: a race, which loom reports.
fn race_on_a_cell() {
    struct Shared {
        flag: AtomicU32,
        data: Cell<u32>,
    }
    // SAFETY: (wrong on purpose) nothing orders the accesses; loom stops before they do harm.
    unsafe impl Sync for Shared {}
    let shared = Arc::new(Shared { flag: AtomicU32::new(0), data: Cell::new(0) });
    let writer = spawn({
        let shared = shared.clone();
        move || {
            // SAFETY: as above.
            shared.data.with_mut(|data| unsafe { *data = 1 });
            shared.flag.store(1, Relaxed);
        }
    });
    if shared.flag.load(Relaxed) == 1 {
        // SAFETY: as above.
        shared.data.with(|data| unsafe { *data });
    }
    writer.join();
}

/// The race that the accesses of a cell are tracked for.
#[test]
#[should_panic(expected = "Causality violation")]
fn a_race_on_a_cell_is_reported() {
    model("litmus::a_race_on_a_cell_is_reported", 2, Bound::All, race_on_a_cell);
}

/// What one thread owned is passed on by a flag to another, which owns it then.
fn owned_in_turn(write: Ordering, read: Ordering) {
    struct Shared {
        flag: AtomicU32,
        owned: OwnCell<u32>,
    }
    // SAFETY: who sees the flag owns it, if the orderings are right; else loom stops before harm.
    unsafe impl Sync for Shared {}
    let shared = Arc::new(Shared { flag: AtomicU32::new(0), owned: OwnCell::new(0) });
    let first = spawn({
        let shared = shared.clone();
        move || {
            shared.owned.set(1);
            shared.flag.store(1, write);
        }
    });
    if shared.flag.load(read) == 1 {
        assert_eq!(shared.owned.replace(2), 1);
        assert_eq!(shared.owned.get(), 2);
    }
    first.join();
}

#[test]
fn an_owners_cell_may_be_passed_on() {
    let name = "litmus::an_owners_cell_may_be_passed_on";
    model(name, 2, Bound::All, || owned_in_turn(Release, Acquire));
}

/// A use from a wrong thread, though nobody writes at the time.
#[test]
#[should_panic(expected = "Causality violation")]
fn an_owners_cell_that_was_not_passed_on_is_reported() {
    let name = "litmus::an_owners_cell_that_was_not_passed_on_is_reported";
    model(name, 2, Bound::All, || owned_in_turn(Relaxed, Relaxed));
}

/// Runs the hole's program, whose executions and outcomes must be these.
fn hole(name: &str, run: fn() -> (u32, u32), expected: &(usize, BTreeSet<(u32, u32)>)) {
    let seen = Arc::new(Mutex::new((0, BTreeSet::new())));
    let all = seen.clone();
    model(name, 3, Bound::All, move || {
        let outcome = run();
        let mut all = all.lock().unwrap();
        all.0 += 1;
        all.1.insert(outcome);
    });
    if !is_hunting() {
        assert_eq!(*seen.lock().unwrap(), *expected, "executions and outcomes");
    }
}

/// `r x || r x; x=that+1`, both on threads of their own, on words of `$word`. The
/// shared pointer is loom's, as in the issue: its drops are part of the 9 and the 99.
macro_rules! hole {
    ($word:ty) => {
        || {
            let x = ::loom::sync::Arc::new(<$word>::new(0));
            let reads = Arc::new(Mutex::new((9, 9)));
            let reader = spawn({
                let (x, reads) = (x.clone(), reads.clone());
                move || {
                    let read = x.load(Acquire);
                    reads.lock().unwrap().0 = read;
                }
            });
            let writer = spawn({
                let (x, reads) = (x.clone(), reads.clone());
                move || {
                    let read = x.load(Acquire);
                    x.store(read + 1, Release);
                    reads.lock().unwrap().1 = read;
                }
            });
            reader.join();
            writer.join();
            *reads.lock().unwrap()
        }
    };
}

/// tokio-rs/loom#392: loom's own words, which have no companion.
#[test]
fn stock_loom_misses_an_outcome_of_the_hole() {
    let name = "litmus::stock_loom_misses_an_outcome_of_the_hole";
    hole(name, hole!(::loom::sync::atomic::AtomicU32), &(9, BTreeSet::from([(0, 0)])));
}

#[test]
fn strict_loom_shows_both_outcomes_of_the_hole() {
    let name = "litmus::strict_loom_shows_both_outcomes_of_the_hole";
    hole(name, hole!(AtomicU32), &(99, BTreeSet::from([(0, 0), (1, 0)])));
}

/// A cell of the table: the outcomes, or where they are many, what is missing of `all`.
fn outcomes(set: &[&str], all: &[&str]) -> String {
    if set.len() <= 8 {
        return set.iter().map(|outcome| format!("`{outcome}`")).collect::<Vec<_>>().join(" ");
    }
    let missing = without(all, set);
    if missing.is_empty() {
        return format!("all {}", set.len());
    }
    format!("{}: not {}", set.len(), outcomes(&missing, &missing))
}

fn without<'a>(all: &[&'a str], set: &[&str]) -> Vec<&'a str> {
    all.iter().copied().filter(|outcome| !set.contains(outcome)).collect()
}

/// What loom is to Rust's model here, and the remark.
fn remark(litmus: &Litmus) -> String {
    let missed = without(litmus.rust, litmus.scenario.outcomes);
    let invented = without(litmus.scenario.outcomes, litmus.rust);
    let mut verdict = match (missed.as_slice(), invented.as_slice()) {
        ([], []) => String::from("exact"),
        (missed, []) => format!("**missed** {}", outcomes(missed, missed)),
        (_, invented) => format!("**false alarm** {}", outcomes(invented, invented)),
    };
    if !litmus.remark.is_empty() {
        verdict = format!("{verdict}; {}", litmus.remark);
    }
    verdict
}

#[test]
fn the_litmus_table_holds_together_and_is_printed() {
    say("| litmus | outcomes in Rust | loom, strict | shuttle | loom against Rust |");
    say("|---|---|---|---|---|");
    for litmus in ALL {
        let Litmus { scenario, program, rust, sc, .. } = litmus;
        assert_eq!(without(sc, rust), [""; 0], "{program}: SC is within Rust's model");
        assert_eq!(without(sc, scenario.outcomes), [""; 0], "{program}: and loom's");
        let all = scenario.outcomes;
        let [rust, seen, sc] = [rust, all, sc].map(|set| outcomes(set, all));
        let program = program.replace("||", "‖");
        say(&format!("| {program} | {rust} | {seen} | {sc} | {} |", remark(litmus)));
    }
}
