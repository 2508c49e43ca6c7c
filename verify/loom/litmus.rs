//! Litmus programs under loom: what it shows, exactly.
//!
//! `cargo test --lib --features loom litmus_table -- --nocapture` prints the table for RESEARCH.md
//! from what the other tests here assert.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::{Bound, exhaustive, explore, is_hunting, model, say};
use crate::cells::litmus::{self, ALL, Litmus};
use crate::cells::spawn;
use crate::facade::Ordering::{Acquire, Relaxed, Release};
use crate::facade::{AtomicU32, Cell};

#[test]
fn message_passing_relaxed_shows_a_flag_without_data() {
    exhaustive(&litmus::MP_RELAXED.scenario);
}

#[test]
fn message_passing_by_release_and_acquire_brings_the_data() {
    exhaustive(&litmus::MP.scenario);
}

#[test]
fn message_passing_by_fences_brings_the_data() {
    exhaustive(&litmus::MP_FENCES.scenario);
}

#[test]
fn a_fence_that_comes_too_late_is_not_noticed() {
    exhaustive(&litmus::MP_FENCE_LATE.scenario);
}

#[test]
fn an_access_before_the_late_fence_shows_that_it_is_late() {
    exhaustive(&litmus::MP_FENCE_LATE_SEEN.scenario);
}

#[test]
fn a_failed_cas_reads_the_newest_value() {
    exhaustive(&litmus::MP_FAILED_CAS.scenario);
}

#[test]
fn an_rmw_continues_the_release_sequence() {
    exhaustive(&litmus::MP_RELEASE_SEQUENCE.scenario);
}

#[test]
fn a_stale_read_reaches_back_seven_stores() {
    exhaustive(&litmus::MP_OLD.scenario);
}

#[test]
fn store_buffering_relaxed_lets_both_miss() {
    exhaustive(&litmus::SB_RELAXED.scenario);
}

#[test]
fn store_buffering_by_release_and_acquire_lets_both_miss() {
    exhaustive(&litmus::SB_ACQ_REL.scenario);
}

#[test]
fn store_buffering_by_seq_cst_accesses_is_a_false_alarm() {
    exhaustive(&litmus::SB_SEQ_CST.scenario);
}

#[test]
fn store_buffering_with_both_fences_lets_one_see() {
    exhaustive(&litmus::SB_FENCES.scenario);
}

#[test]
fn store_buffering_with_the_light_fence_alone_lets_both_miss() {
    exhaustive(&litmus::SB_FENCE_LIGHT_ALONE.scenario);
}

#[test]
fn store_buffering_with_the_heavy_fence_alone_lets_both_miss() {
    exhaustive(&litmus::SB_FENCE_HEAVY_ALONE.scenario);
}

#[test]
fn store_buffering_on_one_word_lets_one_see() {
    exhaustive(&litmus::SB_RMW.scenario);
}

#[test]
fn load_buffering_is_not_shown() {
    exhaustive(&litmus::LB.scenario);
}

#[test]
fn reads_of_one_word_do_not_go_back() {
    exhaustive(&litmus::CORR.scenario);
}

#[test]
fn causality_relaxed_is_not_passed_on() {
    exhaustive(&litmus::WRC_RELAXED.scenario);
}

#[test]
fn causality_by_release_and_acquire_is_passed_on() {
    exhaustive(&litmus::WRC.scenario);
}

#[test]
fn independent_reads_relaxed_may_disagree() {
    explore(&litmus::IRIW_RELAXED.scenario, Bound::Preemptions(2));
}

#[test]
fn independent_reads_by_acquire_may_disagree() {
    explore(&litmus::IRIW_ACQUIRE.scenario, Bound::Preemptions(2));
}

#[test]
fn independent_reads_with_fences_agree() {
    explore(&litmus::IRIW_FENCES.scenario, Bound::Preemptions(2));
}

#[test]
fn two_writers_may_both_be_first() {
    exhaustive(&litmus::TWO_WRITES.scenario);
}

#[test]
fn no_increment_is_lost() {
    exhaustive(&litmus::INCREMENTS.scenario);
}

#[test]
fn a_store_between_the_halves_of_an_rmw_is_a_false_alarm() {
    exhaustive(&litmus::RMW_AGAINST_STORE.scenario);
}

#[test]
fn a_load_before_a_store_hides_nothing() {
    exhaustive(&litmus::HOLE.scenario);
}

#[test]
fn a_wakeup_between_look_and_sleep_is_not_lost() {
    exhaustive(&litmus::FUTEX.scenario);
}

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
    model("litmus::a_race_on_a_cell_is_reported", 2, Bound::None, race_on_a_cell);
}

/// Runs the hole's program, whose executions and outcomes must be these.
fn hole(name: &str, run: fn() -> (u32, u32), expected: &(usize, BTreeSet<(u32, u32)>)) {
    let seen = Arc::new(Mutex::new((0, BTreeSet::new())));
    let all = seen.clone();
    model(name, 3, Bound::None, move || {
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
        assert_eq!(without(sc, rust), [""; 0], "{}: SC is within Rust's model", scenario.name);
        assert_eq!(without(sc, scenario.outcomes), [""; 0], "{}: and loom's", scenario.name);
        let all = scenario.outcomes;
        let [rust, seen, sc] = [rust, all, sc].map(|set| outcomes(set, all));
        let program = program.replace("||", "‖");
        say(&format!("| {program} | {rust} | {seen} | {sc} | {} |", remark(litmus)));
    }
}
