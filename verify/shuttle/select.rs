//! Selects under shuttle, between threads.

crate::cells::select::suite!();
