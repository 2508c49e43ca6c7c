//! Where work is: the one list of sources, the queues, and the ways to take a goroutine out of them.

pub(crate) mod awaited;
pub(crate) mod chosen;
pub(crate) mod faketime;
pub(crate) mod queue;
pub(crate) mod source;
pub(crate) mod steal;
pub(crate) mod take;
pub(crate) mod timers;
