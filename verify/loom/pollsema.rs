//! `proto/pollsema` under loom.

crate::cells::pollsema::suite!();
