//! A goroutine has unwound to its base: by a call, or by a panic, and then who is told.

use std::any::Any;

use crate::facade::directed;
use crate::facade::news::News;
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
