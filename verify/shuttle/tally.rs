//! `proto/tally` under shuttle.

crate::cells::tally::suite!();
