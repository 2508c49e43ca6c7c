//! `proto/lockedm` under shuttle.

use super::{pct, random};
use crate::cells::lockedm;

crate::cells::lockedm::suite!();

#[test]
fn a_thread_runs_its_goroutine_until_it_is_sent_home() {
    const NAME: &str = "lockedm::a_thread_runs_its_goroutine_until_it_is_sent_home";
    random(NAME, 5_000, lockedm::many_rounds);
    pct(NAME, 3, 5_000, lockedm::many_rounds);
}
