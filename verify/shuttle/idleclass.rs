//! Goroutines of the idle class, and pauses, under shuttle.

crate::cells::idleclass::suite!();
