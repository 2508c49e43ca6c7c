//! `netpoll` under loom.

crate::cells::netpoll::suite!();
