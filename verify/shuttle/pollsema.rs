//! `proto/pollsema` under shuttle.

crate::cells::pollsema::suite!();
