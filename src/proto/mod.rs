//! The protocols: each file agrees one thing between threads, knows no G, M or P, and has its
//! models of the same name in `verify/loom` and `verify/shuttle`.

pub(crate) mod allp;
pub(crate) mod asleep;
pub(crate) mod freelist;
pub(crate) mod globrunq;
pub(crate) mod gstatus;
pub(crate) mod handoff;
pub(crate) mod idle;
pub(crate) mod lock;
pub(crate) mod lockedm;
pub(crate) mod mlife;
pub(crate) mod note;
pub(crate) mod pause;
pub(crate) mod powner;
pub(crate) mod runq;
pub(crate) mod safepoint;
pub(crate) mod stop;
pub(crate) mod sysmonsleep;
pub(crate) mod template;
pub(crate) mod waitq;
