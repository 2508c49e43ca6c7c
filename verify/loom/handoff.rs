//! `proto/handoff` under loom.

crate::cells::handoff::suite!();
