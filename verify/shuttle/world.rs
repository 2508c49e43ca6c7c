//! Stopping the world, with the whole scheduler, under shuttle.

crate::cells::world::suite!();
