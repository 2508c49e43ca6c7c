//! `proto/tickets` under loom.

crate::cells::tickets::suite!();
