//! `proto/condvar` under loom.

crate::cells::condvar::suite!();
