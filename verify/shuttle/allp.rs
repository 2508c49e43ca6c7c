//! `proto/allp` under shuttle.

use super::depth_first_cut;
use crate::cells::allp;

#[test]
fn a_reader_sees_entries_that_are_built() {
    depth_first_cut(&allp::GROWS, 200, 20_000);
}
