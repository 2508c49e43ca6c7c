//! `proto/lock` under loom.

crate::cells::lock::suite!();
