//! Channels under shuttle, over the whole scheduler.

crate::cells::chan::suite!();
