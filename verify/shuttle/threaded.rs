//! Goroutines with threads of their own, under shuttle.

crate::cells::threaded::suite!();
