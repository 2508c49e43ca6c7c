//! `proto/trace` under loom.

crate::cells::trace::suite!();
