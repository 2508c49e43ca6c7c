//! A lock that many may read and one may write under loom.

crate::cells::rwlock::suite!();
