//! The whole scheduler under shuttle.

crate::cells::sched::suite!();
