//! `proto/stop` under shuttle.

crate::cells::stop::suite!();
