//! `proto/pause` under loom.

crate::cells::pause::suite!();
