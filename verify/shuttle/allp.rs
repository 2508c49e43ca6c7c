//! `proto/allp` under shuttle.

crate::cells::allp::suite!();
