//! `proto/safepoint` under loom.

crate::cells::safepoint::suite!();
