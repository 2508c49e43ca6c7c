//! `proto/globrunq` under loom.

crate::cells::globrunq::suite!();
