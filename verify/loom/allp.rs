//! `proto/allp` under loom.

use super::exhaustive;
use crate::cells::allp;

#[test]
fn a_reader_sees_entries_that_are_built() {
    exhaustive(&allp::GROWS);
}
