//! `proto/idle` under loom.

crate::cells::idle::suite!();
