//! The whole scheduler under loom: two Ms, two Ps, goroutines on their own stacks. Bounded: the
//! number of preemptions is in each line.

crate::cells::sched::suite!();
