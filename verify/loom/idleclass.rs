//! Goroutines of the idle class, and pauses, under loom. Bounded: the number of preemptions is in
//! each line.

crate::cells::idleclass::suite!();
