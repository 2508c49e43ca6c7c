//! `proto/timers` under loom.

crate::cells::timers::suite!();
