//! Overseeing a scheduler: the watcher, stops and pauses of the world, deadlocks, the list of
//! goroutines, forks and overflows, and the beginning and the end of a scheduler.

pub(crate) mod atfork;
pub(crate) mod boot;
pub(crate) mod census;
pub(crate) mod deadlock;
pub(crate) mod dump;
pub(crate) mod end;
pub(crate) mod hear;
pub(crate) mod lines;
pub(crate) mod metrics;
mod overflow;
pub(crate) mod pause;
mod peeker;
mod print;
mod scarce;
pub(crate) mod schedtrace;
mod standstill;
pub(crate) mod sysmon;
pub(crate) mod trace;
pub(crate) mod world;
