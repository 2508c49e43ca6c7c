//! Sends and receives as futures under shuttle, between threads.

crate::cells::futures::suite!();
