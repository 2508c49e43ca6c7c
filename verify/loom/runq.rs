//! `proto/runq` under loom.

crate::cells::runq::suite!();
