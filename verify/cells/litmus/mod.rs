//! Litmus programs: what the checkers can see, and what they cannot.
//!
//! Each is a few accesses of two words by two to four threads; what the threads read is its
//! outcome, in the order of the program text. Three sets stand side by side: the outcomes that
//! Rust's memory model (C++20's) allows, those that the strict loom shows (`scenario.outcomes`),
//! and the sequentially consistent ones, which are all that shuttle shows. The suites assert the
//! last two exactly.
//!
//! Where loom shows less than Rust allows it can miss a bug; where it shows more it raises false
//! alarms. `remark` says which, and what the product does about it.

mod buffering;
mod causality;
mod passing;
mod program;
mod writes;

pub(crate) use buffering::*;
pub(crate) use causality::*;
pub(crate) use passing::*;
pub(crate) use program::Litmus;
pub(crate) use writes::*;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { litmus:
            message_passing_relaxed_shows_a_flag_without_data =
                MP_RELAXED, loom All, shuttle sequentially_consistent;
            message_passing_by_release_and_acquire_brings_the_data =
                MP, loom All, shuttle sequentially_consistent;
            message_passing_by_fences_brings_the_data =
                MP_FENCES, loom All, shuttle sequentially_consistent;
            a_fence_that_comes_too_late_is_not_noticed =
                MP_FENCE_LATE, loom All, shuttle sequentially_consistent;
            an_access_before_the_late_fence_shows_that_it_is_late =
                MP_FENCE_LATE_SEEN, loom All, shuttle sequentially_consistent;
            a_failed_cas_reads_the_newest_value =
                MP_FAILED_CAS, loom All, shuttle sequentially_consistent;
            an_rmw_continues_the_release_sequence =
                MP_RELEASE_SEQUENCE, loom All, shuttle sequentially_consistent;
            a_stale_read_reaches_back_seven_stores =
                MP_OLD, loom All, shuttle sequentially_consistent;
            store_buffering_relaxed_lets_both_miss =
                SB_RELAXED, loom All, shuttle sequentially_consistent;
            store_buffering_by_release_and_acquire_lets_both_miss =
                SB_ACQ_REL, loom All, shuttle sequentially_consistent;
            store_buffering_by_seq_cst_accesses_is_a_false_alarm =
                SB_SEQ_CST, loom All, shuttle sequentially_consistent;
            store_buffering_with_both_fences_lets_one_see =
                SB_FENCES, loom All, shuttle sequentially_consistent;
            store_buffering_with_the_light_fence_alone_lets_both_miss =
                SB_FENCE_LIGHT_ALONE, loom All, shuttle sequentially_consistent;
            store_buffering_with_the_heavy_fence_alone_lets_both_miss =
                SB_FENCE_HEAVY_ALONE, loom All, shuttle sequentially_consistent;
            store_buffering_on_one_word_lets_one_see =
                SB_RMW, loom All, shuttle sequentially_consistent;
            load_buffering_is_not_shown = LB, loom All, shuttle sequentially_consistent;
            reads_of_one_word_do_not_go_back = CORR, loom All, shuttle sequentially_consistent;
            causality_relaxed_is_not_passed_on =
                WRC_RELAXED, loom All, shuttle sequentially_consistent;
            causality_by_release_and_acquire_is_passed_on =
                WRC, loom All, shuttle sequentially_consistent;
            independent_reads_relaxed_may_disagree =
                IRIW_RELAXED, loom Preemptions(2), shuttle sequentially_consistent;
            independent_reads_by_acquire_may_disagree =
                IRIW_ACQUIRE, loom Preemptions(2), shuttle sequentially_consistent;
            independent_reads_with_fences_agree =
                IRIW_FENCES, loom Preemptions(2), shuttle sequentially_consistent;
            two_writers_may_both_be_first = TWO_WRITES, loom All, shuttle sequentially_consistent;
            no_increment_is_lost = INCREMENTS, loom All, shuttle sequentially_consistent;
            a_store_between_the_halves_of_an_rmw_is_a_false_alarm =
                RMW_AGAINST_STORE, loom All, shuttle sequentially_consistent;
            a_load_before_a_store_hides_nothing = HOLE, loom All, shuttle sequentially_consistent;
            a_wakeup_between_look_and_sleep_is_not_lost =
                FUTEX, loom All, shuttle sequentially_consistent;
            a_sleep_ends_by_time_or_by_a_wakeup = TIMED, loom All, shuttle sequentially_consistent;
        }
    };
}
pub(crate) use suite;

/// All that the table lists, in its order.
macro_rules! explored {
    (litmus: $($_test:ident = $litmus:ident,
        loom $_bound:ident $(($_preemptions:literal))?, shuttle $_how:ident;
    )*) => {
        pub(crate) static ALL: &[&Litmus] = &[$(&$litmus),*];
    };
}
suite!();
