//! Litmus programs under shuttle: exactly the sequentially consistent outcomes, all of which loom
//! shows too (the table's test in the loom twin).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use ::shuttle::MaxSteps;
use ::shuttle::scheduler::DfsScheduler;

use super::run;
use crate::cells::litmus::{self, Litmus};

/// Explores a litmus depth first, to the end: it shows the sequentially consistent outcomes.
fn sequentially_consistent(litmus: &'static Litmus) {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = outcomes.clone();
    let (name, strategy) = (litmus.scenario.name, "depth first, complete");
    let steps = MaxSteps::FailAfter(100_000);
    run(name, strategy, steps, DfsScheduler::new(None, false), move || {
        seen.lock().unwrap().insert((litmus.scenario.run)());
    });
    let sc: BTreeSet<String> = litmus.sc.iter().map(ToString::to_string).collect();
    assert_eq!(*outcomes.lock().unwrap(), sc, "outcomes that shuttle sees, and SC ones");
}

#[test]
fn message_passing_relaxed_shows_a_flag_without_data() {
    sequentially_consistent(&litmus::MP_RELAXED);
}

#[test]
fn message_passing_by_release_and_acquire_brings_the_data() {
    sequentially_consistent(&litmus::MP);
}

#[test]
fn message_passing_by_fences_brings_the_data() {
    sequentially_consistent(&litmus::MP_FENCES);
}

#[test]
fn a_fence_that_comes_too_late_is_not_noticed() {
    sequentially_consistent(&litmus::MP_FENCE_LATE);
}

#[test]
fn an_access_before_the_late_fence_shows_that_it_is_late() {
    sequentially_consistent(&litmus::MP_FENCE_LATE_SEEN);
}

#[test]
fn a_failed_cas_reads_the_newest_value() {
    sequentially_consistent(&litmus::MP_FAILED_CAS);
}

#[test]
fn an_rmw_continues_the_release_sequence() {
    sequentially_consistent(&litmus::MP_RELEASE_SEQUENCE);
}

#[test]
fn a_stale_read_reaches_back_seven_stores() {
    sequentially_consistent(&litmus::MP_OLD);
}

#[test]
fn store_buffering_relaxed_lets_both_miss() {
    sequentially_consistent(&litmus::SB_RELAXED);
}

#[test]
fn store_buffering_by_release_and_acquire_lets_both_miss() {
    sequentially_consistent(&litmus::SB_ACQ_REL);
}

#[test]
fn store_buffering_by_seq_cst_accesses_is_a_false_alarm() {
    sequentially_consistent(&litmus::SB_SEQ_CST);
}

#[test]
fn store_buffering_with_both_fences_lets_one_see() {
    sequentially_consistent(&litmus::SB_FENCES);
}

#[test]
fn store_buffering_with_the_light_fence_alone_lets_both_miss() {
    sequentially_consistent(&litmus::SB_FENCE_LIGHT_ALONE);
}

#[test]
fn store_buffering_with_the_heavy_fence_alone_lets_both_miss() {
    sequentially_consistent(&litmus::SB_FENCE_HEAVY_ALONE);
}

#[test]
fn store_buffering_on_one_word_lets_one_see() {
    sequentially_consistent(&litmus::SB_RMW);
}

#[test]
fn load_buffering_is_not_shown() {
    sequentially_consistent(&litmus::LB);
}

#[test]
fn reads_of_one_word_do_not_go_back() {
    sequentially_consistent(&litmus::CORR);
}

#[test]
fn causality_relaxed_is_not_passed_on() {
    sequentially_consistent(&litmus::WRC_RELAXED);
}

#[test]
fn causality_by_release_and_acquire_is_passed_on() {
    sequentially_consistent(&litmus::WRC);
}

#[test]
fn independent_reads_relaxed_may_disagree() {
    sequentially_consistent(&litmus::IRIW_RELAXED);
}

#[test]
fn independent_reads_by_acquire_may_disagree() {
    sequentially_consistent(&litmus::IRIW_ACQUIRE);
}

#[test]
fn independent_reads_with_fences_agree() {
    sequentially_consistent(&litmus::IRIW_FENCES);
}

#[test]
fn two_writers_may_both_be_first() {
    sequentially_consistent(&litmus::TWO_WRITES);
}

#[test]
fn no_increment_is_lost() {
    sequentially_consistent(&litmus::INCREMENTS);
}

#[test]
fn a_store_between_the_halves_of_an_rmw_is_a_false_alarm() {
    sequentially_consistent(&litmus::RMW_AGAINST_STORE);
}

#[test]
fn a_load_before_a_store_hides_nothing() {
    sequentially_consistent(&litmus::HOLE);
}

#[test]
fn a_wakeup_between_look_and_sleep_is_not_lost() {
    sequentially_consistent(&litmus::FUTEX);
}
