//! `proto/tally` under loom.

crate::cells::tally::suite!();
