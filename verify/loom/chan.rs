//! Channels under loom, over the whole scheduler. Bounded: the number of preemptions is in each line.

crate::cells::chan::suite!();
