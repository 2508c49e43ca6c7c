//! Locks and wait groups that block the goroutine instead of its thread.
//!
//! The names and shapes are std's. Ordinary threads may use them too, also together with
//! goroutines; they block as threads do.
//!
//! | call | may wait |
//! |---|---|
//! | [`Mutex::lock`], [`WaitGroup::wait`] | yes: a [switch point](crate#switch-points) |
//! | all others, `Drop` of a [`MutexGuard`] included | no |
//!
//! # Panics
//!
//! A call that has to wait panics inside the closure of [`stop_the_world`](crate::stop_the_world),
//! and in a child process of `fork` that has only one thread: there, nothing could end the wait.

mod mutex;
mod waitgroup;

pub use mutex::{Mutex, MutexGuard};
pub use waitgroup::WaitGroup;
