//! `proto/sysmonsleep` under loom.

crate::cells::sysmonsleep::suite!();
