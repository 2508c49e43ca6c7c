//! `proto/mlife` under loom.

crate::cells::mlife::suite!();
