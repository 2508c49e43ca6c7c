//! What a goroutine does: it is born, enters and leaves the runtime, waits, readies another, spends its
//! budget.

pub(crate) mod alarm;
mod bed;
pub(crate) mod blocking;
pub(crate) mod entry;
pub(crate) mod here;
pub(crate) mod idling;
pub(crate) mod inqueue;
pub(crate) mod nap;
pub(crate) mod osthread;
pub(crate) mod polled;
pub(crate) mod ready;
pub(crate) mod section;
pub(crate) mod sleep;
pub(crate) mod spawn;
pub(crate) mod step;
pub(crate) mod timed;
pub(crate) mod virtually;
