//! `proto/template` under loom.

crate::cells::template::suite!();
