//! `proto/note` under loom.

use super::exhaustive;
use crate::cells::note;

#[test]
fn a_sleeper_sees_what_was_written_before_the_wakeup() {
    exhaustive(&note::SLEEPER_SEES_DATA);
}
