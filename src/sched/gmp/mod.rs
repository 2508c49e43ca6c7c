//! What there is: goroutines, threads, processors and the scheduler, which name each other (the one
//! circle of files in this crate), where stacks lie, what a goroutine waits for, and marks.

pub(crate) mod arena;
pub(crate) mod end;
pub(crate) mod event;
pub(crate) mod fork;
pub(crate) mod g;
mod guards;
pub(crate) mod layout;
pub(crate) mod leave;
pub(crate) mod m;
pub(crate) mod marks;
pub(crate) mod measures;
pub(crate) mod moves;
pub(crate) mod p;
pub(crate) mod pd;
mod region;
pub(crate) mod schedt;
mod slot;
pub(crate) mod tags;
pub(crate) mod tape;
pub(crate) mod task;
pub(crate) mod tracing;
pub(crate) mod unwanted;
pub(crate) mod wait;
