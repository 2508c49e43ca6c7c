//! `proto/tickets` under shuttle.

crate::cells::tickets::suite!();
