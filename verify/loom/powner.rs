//! `proto/powner` under loom.

crate::cells::powner::suite!();
