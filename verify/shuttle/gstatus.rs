//! `proto/gstatus` under shuttle.

crate::cells::gstatus::suite!();
