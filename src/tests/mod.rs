//! What the protocols do when only one thread uses them; the models are in `verify`.

mod freelist;
mod globrunq;
mod gstatus;
mod handoff;
mod idle;
mod lock;
mod lockedm;
mod mlife;
mod note;
mod powner;
mod runq;
mod template;
