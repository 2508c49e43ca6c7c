//! A lock that many may read and one may write under shuttle.

crate::cells::rwlock::suite!();
