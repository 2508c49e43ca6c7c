//! `proto/sysmonsleep` under shuttle.

crate::cells::sysmonsleep::suite!();
