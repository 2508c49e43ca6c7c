//! Traces: what happens in a scheduler, as a file that a viewer opens.
//!
//! Those who do something note it in bytes ([`wire`]), each M for itself and without a lock
//! (`proto/trace`). A thread, the scribe ([`scribe`]), takes the notes away a hundred times a second ([`collect`]), brings them
//! into the order of time ([`merge`]), and writes ([`sink`]) what a viewer draws ([`picture`], [`json`]); or it
//! keeps the last of them until somebody wants to see them.

mod collect;
mod environment;
mod json;
mod merge;
mod picture;
mod scribe;
mod seat;
mod sink;
mod wire;

pub(crate) use collect::record;
#[cfg(test)]
#[allow(unused_imports, reason = "only the models ask")]
pub(crate) use collect::{close, open, turn};
pub(crate) use environment::start_if_asked;
pub(crate) use picture::Summary;
pub(crate) use scribe::{Snapshots, Started, end, keep, start};
pub(crate) use sink::draw;
