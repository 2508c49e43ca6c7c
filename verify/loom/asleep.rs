//! `proto/asleep` under loom.

crate::cells::asleep::suite!();
