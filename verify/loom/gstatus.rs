//! `proto/gstatus` under loom.

crate::cells::gstatus::suite!();
