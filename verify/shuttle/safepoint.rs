//! `proto/safepoint` under shuttle.

crate::cells::safepoint::suite!();
