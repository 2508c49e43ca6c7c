//! Who oversees: the watcher, who stops the world or pauses it, who looks for deadlocks and lists the
//! goroutines, and the beginning and the end of a scheduler.

pub(crate) mod atfork;
pub(crate) mod boot;
pub(crate) mod census;
pub(crate) mod deadlock;
pub(crate) mod overflow;
pub(crate) mod pause;
mod scarce;
pub(crate) mod sysmon;
pub(crate) mod world;
