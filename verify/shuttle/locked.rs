//! Goroutines wired to their thread, under shuttle.

crate::cells::locked::suite!();
