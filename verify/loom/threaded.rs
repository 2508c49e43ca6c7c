//! Goroutines with threads of their own, under loom.

crate::cells::threaded::suite!();
