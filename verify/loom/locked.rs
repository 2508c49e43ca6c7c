//! Goroutines wired to their thread, under loom. Bounded: the number of preemptions is in each line.

use super::{Bound, explore};
use crate::cells::locked;

#[test]
fn a_locked_goroutine_goes_on_on_its_thread() {
    explore(&locked::WOKEN, Bound::Window(2));
}

#[test]
fn a_locked_goroutine_hands_its_p_on_and_gets_it_back() {
    explore(&locked::YIELDS, Bound::Window(3));
}

#[test]
fn a_goroutine_that_ends_locked_ends_its_thread() {
    explore(&locked::ENDS, Bound::Window(2));
}

#[test]
fn a_locked_goroutine_survives_a_change_of_the_number_of_ps() {
    explore(&locked::RESIZED, Bound::Window(1));
}

#[test]
fn a_runtime_ends_though_a_locked_goroutine_waits() {
    explore(&locked::DROPPED, Bound::Window(3));
}

#[test]
fn an_m_for_the_others_is_made_by_the_template_thread() {
    explore(&locked::TEMPLATE, Bound::Window(2));
}

#[test]
fn locked_goroutines_run_though_threads_are_refused() {
    explore(&locked::SHORT, Bound::Window(1));
}

#[test]
fn a_locked_goroutine_runs_beside_one_that_lacks_a_thread() {
    explore(&locked::SHORT_FOR_ANOTHER, Bound::Window(2));
}

#[test]
fn locked_goroutines_take_turns_though_threads_are_refused() {
    explore(&locked::SHORT_INSIDE, Bound::Window(2));
}
