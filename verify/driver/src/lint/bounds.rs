//! A bounded model is explored one preemption further than any of its mutants needs.
//!
//! Each row of the mutants says at which bound its killer turned red: the least, for a hunt begins at
//! one preemption. A bug of the same kind may need one more, so a bound that is only just enough for
//! the mutants that we thought of is too low for those that we did not.

use std::collections::BTreeMap;
use std::path::Path;

use crate::known::MUTANTS;
use crate::scenarios::{self, Bound};
use crate::table::{Table, plain};

/// Models that stay at what their mutants need, and why.
const KEPT: [(&str, &str); 23] = [
    (
        "faketime::time_stands_still_for_a_goroutine_that_a_thread_wakes",
        "4,000 executions within two preemptions; three did not end within four minutes",
    ),
    (
        "faketime::time_stands_still_for_a_goroutine_that_is_woken_early",
        "1,100 executions within one preemption; two did not end within three minutes",
    ),
    (
        "faketime::two_goroutines_sleep_until_the_same_moment_exactly",
        "1,600 executions within one preemption; two did not end within four minutes",
    ),
    (
        "netpoll::what_comes_after_a_stopped_world_is_heard",
        "96,000 executions within two preemptions, half a minute; they were green when it was tried",
    ),
    (
        "pollbreak::a_deadline_that_is_added_beside_a_sleeper_is_kept",
        "66,000 executions within two preemptions; three were not tried to the end",
    ),
    (
        "sched::a_goroutine_of_another_runtime_goes_on_there",
        "within two preemptions it did not end in 70 seconds",
    ),
    (
        "sched::a_goroutine_is_spawned_and_joined",
        "within three preemptions three minutes; they were green when it was tried",
    ),
    (
        "sync::a_mutex_is_handed_to_one_of_three",
        "7,000 executions within two preemptions; three did not end within 150 seconds",
    ),
    (
        "sync::a_wait_ends_when_the_last_is_done",
        "7,000 executions within two preemptions; three did not end within 150 seconds",
    ),
    (
        "sync::all_who_wait_go_on_when_the_last_is_done",
        "15,000 executions within two preemptions; three did not end within 150 seconds",
    ),
    (
        "sync::one_that_waits_for_a_change_is_notified",
        "4,000 executions within two preemptions; three did not end within 150 seconds",
    ),
    (
        "time::a_timer_moves_when_its_processor_goes",
        "within two preemptions a path starts more threads than loom has places for",
    ),
    (
        "time::two_goroutines_sleep_until_their_moments",
        "4,000 executions within one preemption; two did not end within five minutes",
    ),
    (
        "trace::what_a_thread_noted_is_taken_though_it_has_ended",
        "2,700 executions within one preemption; two did not end within 70 seconds",
    ),
    (
        "world::a_p_on_its_way_to_a_thread_is_stopped_too",
        "64,000 executions within two preemptions, a minute; they were green when it was tried",
    ),
    (
        "world::a_goroutine_and_a_thread_stop_the_world",
        "39,000 executions within two preemptions; three did not end within 100 seconds",
    ),
    (
        "tally::a_goroutine_that_is_woken_early_is_measured",
        "23,000 executions within three preemptions, 18 seconds; they were green when it was tried",
    ),
    (
        "end::a_joiner_learns_that_the_runtime_ended",
        "265,000 executions within three preemptions, 50 seconds; they were green when it was tried",
    ),
    (
        "end::no_deadlock_is_seen_while_one_unwinds",
        "32,000 executions within two preemptions, 11 seconds; they were green when it was tried",
    ),
    (
        "sched::a_goroutine_from_outside_runs_though_the_last_m_parks",
        "68,000 executions within three preemptions, 16 seconds; they were green when it was tried",
    ),
    (
        "sched::a_readied_goroutine_runs_beside_the_one_that_readied_it",
        "68,000 executions within three preemptions, 38 seconds; they were green when it was tried",
    ),
    (
        "sched::no_goroutine_waits_in_the_hands_of_a_busy_thread",
        "238,000 executions within two preemptions, 100 seconds; they were green when it was tried",
    ),
    (
        "end::a_value_goes_to_a_living_receiver",
        "3,000 executions within two preemptions; they were green when it was tried",
    ),
];

/// Models whose mutants were first seen to die at the model's own bound by the last whole run. One further was not
/// tried yet.
const UNTRIED: [&str; 11] = [
    "locked::locked_goroutines_run_though_threads_are_refused",
    "sched::no_goroutine_waits_while_a_p_is_idle",
    "watcher::whoever_starts_a_p_for_new_work_wakes_the_watcher",
    "world::a_function_runs_once_for_each_p",
    "world::a_goroutine_started_after_the_world_relies_on_nobody_who_stopped",
    "world::a_pauser_stops_the_world_though_one_held_back_waits_to",
    "world::a_runtime_ends_though_goroutines_stop_the_world",
    "world::an_m_that_was_asked_by_sysmon_stops_for_the_world",
    "world::two_goroutines_stop_the_world",
    "world::what_is_queued_on_a_p_that_goes_runs_elsewhere",
    "world::what_was_left_to_a_spinner_that_stopped_is_found",
];

/// What the mutants of one model need.
#[derive(Debug, Default, PartialEq)]
struct Needs {
    most: usize,
    /// A mutant that needs that.
    mutant: String,
    /// Mutants of which the table does not say.
    untold: usize,
}

pub fn findings(root: &Path) -> Result<Vec<String>, String> {
    let models = scenarios::models(root)?;
    let findings = needs(root).into_iter().filter_map(|(test, needs)| {
        let bound = models.get(&test)?;
        let is_kept = KEPT.iter().any(|(name, _)| *name == test) || UNTRIED.contains(&&*test);
        let is_enough = bound.limit().is_none_or(|limit| needs.most < limit);
        let Needs { most, mutant, .. } = needs;
        (!is_kept && !is_enough).then(|| {
            format!(
                "{test} is explored at bound {bound}, and {mutant} dies at {most} only: \
                raise it by one, or say why not in lint/bounds.rs"
            )
        })
    });
    Ok(findings.collect())
}

/// How many mutants of bounded models have no bound in the table.
pub fn notes(root: &Path) -> Result<Vec<String>, String> {
    let models = scenarios::models(root)?;
    let is_bounded = |test: &String| models.get(test).is_some_and(|bound| bound.limit().is_some());
    let needs = needs(root).into_iter().filter(|(test, _)| is_bounded(test));
    let untold: usize = needs.map(|(_, needs)| needs.untold).sum();
    let told = format!("{untold} mutants in {MUTANTS} do not say at which bound they die");
    Ok(if untold > 0 { vec![told] } else { Vec::new() })
}

/// By loom test.
fn needs(root: &Path) -> BTreeMap<String, Needs> {
    let mut all: BTreeMap<String, Needs> = BTreeMap::new();
    let Some(table) = Table::read(root, MUTANTS) else { return all };
    for row in &table.rows {
        let Some(test) = table.cell(row, "killed by").strip_prefix("loom ") else { continue };
        let needs = all.entry(plain(test).into()).or_default();
        match Bound::parse(table.cell(row, "bound")).map(Bound::limit) {
            Some(Some(limit)) if limit > needs.most => {
                needs.most = limit;
                needs.mutant = plain(table.cell(row, "mutant")).into();
            }
            Some(_) => {}
            None => needs.untold += 1,
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn sample(bound: &str) -> Sample {
        let suite = format!("#[test]\nfn a() {{ explore(&X, Bound::{bound}); }}\n");
        let table = "| mutant | killed by | bound |\n|---|---|---|\n\
            | `X1` | loom `n::a` | 1 in window |\n| `X2` | loom `n::a` | 2 in window |\n\
            | `X3` | loom `n::a` |  |\n| `X4` | shuttle `n::a` |  |\n";
        Sample::new(&[("verify/loom/n.rs", &suite), (MUTANTS, table)])
    }

    #[test]
    fn a_bound_must_exceed_what_a_mutant_needs() {
        let found = findings(sample("Window(2)").root()).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("n::a is explored at bound 2 in window, and X2"), "{found:?}");
        assert!(findings(sample("Window(3)").root()).unwrap().is_empty());
        assert!(findings(sample("None").root()).unwrap().is_empty());
    }

    #[test]
    fn mutants_that_do_not_say_are_counted_where_it_matters() {
        assert!(notes(sample("Window(3)").root()).unwrap()[0].starts_with("1 mutants"));
        assert!(notes(sample("None").root()).unwrap().is_empty());
    }
}
