//! `proto/idle` under shuttle.

use super::{pct, random};
use crate::cells::idle;

crate::cells::idle::suite!();

#[test]
fn no_work_is_lost_among_many_threads() {
    random("idle::no_work_is_lost_among_many_threads", 5_000, idle::town::town);
    pct("idle::no_work_is_lost_among_many_threads", 3, 5_000, idle::town::town);
}
