//! `proto/claim` under loom.

crate::cells::claim::suite!();
