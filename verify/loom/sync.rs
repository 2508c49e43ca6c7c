//! What goroutines wait for each other with, under loom and over the whole scheduler. Bounded: the
//! number of preemptions is in each line.

crate::cells::sync::suite!();
