//! What goroutines wait for each other with under shuttle, over the whole scheduler.

crate::cells::sync::suite!();
