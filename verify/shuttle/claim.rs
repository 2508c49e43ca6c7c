//! `proto/claim` under shuttle.

crate::cells::claim::suite!();
