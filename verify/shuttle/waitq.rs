//! `proto/waitq` under shuttle.

crate::cells::waitq::suite!();
