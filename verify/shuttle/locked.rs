//! Goroutines wired to their thread, under shuttle.

use super::sampled;
use crate::cells::locked;

#[test]
fn a_locked_goroutine_goes_on_on_its_thread() {
    sampled(&locked::WOKEN);
}

#[test]
fn a_locked_goroutine_hands_its_p_on_and_gets_it_back() {
    sampled(&locked::YIELDS);
}

#[test]
fn a_goroutine_that_ends_locked_ends_its_thread() {
    sampled(&locked::ENDS);
}

#[test]
fn a_locked_goroutine_survives_a_change_of_the_number_of_ps() {
    sampled(&locked::RESIZED);
}

#[test]
fn a_runtime_ends_though_a_locked_goroutine_waits() {
    sampled(&locked::DROPPED);
}

#[test]
fn an_m_for_the_others_is_made_by_the_template_thread() {
    sampled(&locked::TEMPLATE);
}

#[test]
fn locked_goroutines_run_though_threads_are_refused() {
    sampled(&locked::SHORT);
}

#[test]
fn a_locked_goroutine_runs_beside_one_that_lacks_a_thread() {
    sampled(&locked::SHORT_FOR_ANOTHER);
}

#[test]
fn locked_goroutines_take_turns_though_threads_are_refused() {
    sampled(&locked::SHORT_INSIDE);
}
