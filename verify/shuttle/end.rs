//! The end of a runtime under shuttle, over the whole scheduler.

use super::sampled;
use crate::cells::end;

crate::cells::end::suite!();

#[test]
fn a_mutex_is_handed_to_a_living_waiter() {
    sampled("end::a_mutex_is_handed_to_a_living_waiter", &end::HANDED);
}

#[test]
fn one_in_a_queue_for_a_p_is_found() {
    sampled("end::one_in_a_queue_for_a_p_is_found", &end::NEEDS_P);
}

#[test]
fn one_that_sleeps_with_its_thread_is_found() {
    sampled("end::one_that_sleeps_with_its_thread_is_found", &end::SLEEPS);
}
