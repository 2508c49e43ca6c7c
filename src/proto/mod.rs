//! The protocols. Each file is one agreement between threads. It knows no G, M or P, and its models
//! have the same name in `verify/loom` and `verify/shuttle`.
//!
//! Each file begins with its argument in five sentences ("In short"). The words, the invariants and
//! the proof follow.

pub(crate) mod allp;
pub(crate) mod asleep;
pub(crate) mod claim;
pub(crate) mod condvar;
pub(crate) mod faketime;
pub(crate) mod freelist;
pub(crate) mod globrunq;
pub(crate) mod gstatus;
pub(crate) mod handoff;
pub(crate) mod idle;
pub(crate) mod lock;
pub(crate) mod lockedm;
pub(crate) mod mlife;
pub(crate) mod note;
pub(crate) mod once;
pub(crate) mod pause;
pub(crate) mod pollbreak;
pub(crate) mod pollsema;
pub(crate) mod powner;
pub(crate) mod runq;
pub(crate) mod safepoint;
pub(crate) mod semaphore;
pub(crate) mod stop;
pub(crate) mod sysmonsleep;
pub(crate) mod tally;
pub(crate) mod template;
pub(crate) mod tickets;
pub(crate) mod timers;
pub(crate) mod trace;
pub(crate) mod waitq;
