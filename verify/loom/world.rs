//! Stopping the world, with the whole scheduler, under loom. Bounded: the number of preemptions is in
//! each line.

crate::cells::world::suite!();
