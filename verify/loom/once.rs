//! `proto/once` under loom.

crate::cells::once::suite!();
