//! `proto/note` under loom.

crate::cells::note::suite!();
