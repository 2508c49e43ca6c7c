//! `proto/pollbreak` under loom.

crate::cells::pollbreak::suite!();
