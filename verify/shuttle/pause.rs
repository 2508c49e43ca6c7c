//! `proto/pause` under shuttle.

crate::cells::pause::suite!();
