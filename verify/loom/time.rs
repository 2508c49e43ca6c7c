//! `time` under loom.

crate::cells::time::suite!();
