//! `proto/condvar` under shuttle.

crate::cells::condvar::suite!();
