//! `proto/once` under shuttle.

crate::cells::once::suite!();
