//! A goroutine has unwound to its base: by a call, or by a panic, and then who is told.

use std::any::Any;

use crate::facade::directed;
use crate::facade::news::News;
use crate::machine::signal;
use crate::sched::g;

/// The error of [`JoinHandle::join`](crate::JoinHandle::join) for a goroutine that called [`exit`](crate::exit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exited;

/// Tells a check of a user's program that a panic has come to the base of this goroutine.
pub(super) fn tell_of(panic: &(dyn Any + Send)) {
    if !panic.is::<Exited>()
        && let Some(g) = g::current()
    {
        directed::tell(|| News::Panicked { id: g::header(g).id() });
    }
}

/// If this goroutine has a name, says that the panic was its own: the message before named the thread. A check
/// of a user's program keeps the message to itself, and so this too.
#[cold]
pub(super) fn say_who_panicked(panic: &(dyn Any + Send)) {
    if panic.is::<Exited>() || directed::is_on() {
        return;
    }
    if let Some(header) = g::current().map(g::header)
        && header.tags.own().is_some_and(|tags| tags.name().is_some())
        && let Some(at) = header.started_at()
    {
        let text = format!("gosched: {} has panicked; started at {at}\n", header.who());
        signal::write_stderr(text.as_bytes());
    }
}
