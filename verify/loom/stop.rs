//! `proto/stop` under loom.

crate::cells::stop::suite!();
