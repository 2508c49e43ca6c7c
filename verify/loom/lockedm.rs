//! `proto/lockedm` under loom.

crate::cells::lockedm::suite!();
