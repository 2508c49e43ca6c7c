//! Sends and receives as futures under loom, between threads. Bounded: the number of preemptions is in each line.

crate::cells::futures::suite!();
