//! `proto/note` under shuttle.

use super::depth_first;
use crate::cells::note;

#[test]
fn a_sleeper_sees_what_was_written_before_the_wakeup() {
    depth_first(&note::SLEEPER_SEES_DATA);
}
