//! `proto/waitq` under loom.

crate::cells::waitq::suite!();
