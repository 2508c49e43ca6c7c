//! The end of a runtime under shuttle, over the whole scheduler.

use super::sampled;
use crate::cells::end;

crate::cells::end::suite!();

#[test]
fn a_mutex_is_handed_to_a_living_waiter() {
    sampled("end::a_mutex_is_handed_to_a_living_waiter", &end::HANDED);
}
