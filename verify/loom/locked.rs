//! Goroutines wired to their thread, under loom. Bounded: the number of preemptions is in each line.

crate::cells::locked::suite!();
