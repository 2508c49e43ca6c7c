//! `proto/freelist` under loom.

crate::cells::freelist::suite!();
