//! `proto/timers` under shuttle.

crate::cells::timers::suite!();
