//! `time` under shuttle.

crate::cells::time::suite!();
