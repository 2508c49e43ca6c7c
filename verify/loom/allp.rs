//! `proto/allp` under loom.

crate::cells::allp::suite!();
