//! `netpoll` under shuttle.

crate::cells::netpoll::suite!();
