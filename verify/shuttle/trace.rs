//! `proto/trace` under shuttle.

crate::cells::trace::suite!();
