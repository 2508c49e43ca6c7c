//! What is in [`std::sync`], wait groups and semaphores, all of which block the goroutine instead of its
//! thread.
//!
//! The names and shapes are std's; those of [`WaitGroup`] are Go's, and those of [`Semaphore`] tokio's.
//! Ordinary threads may use them too, also together with goroutines; they block as threads do. `Arc`, `Weak`
//! and the atomics of std never wait, so use std's.
//!
//! | call | may wait |
//! |---|---|
//! | [`Mutex::lock`], [`RwLock::read`] and [`write`](RwLock::write) | yes: a [switch point](crate#switch-points) |
//! | [`Condvar::wait`] and all that begin with `wait` | yes |
//! | [`Barrier::wait`], [`WaitGroup::wait`], [`wait_timeout`](WaitGroup::wait_timeout) and [`go`](WaitGroup::go) | yes |
//! | [`Semaphore::acquire`] and all that begin with `acquire` | yes |
//! | [`Once::call_once`], [`call_once_force`](Once::call_once_force), [`wait`](Once::wait), [`wait_force`](Once::wait_force) | yes, unless the function has run |
//! | [`OnceLock::get_or_init`], [`set`](OnceLock::set), [`wait`](OnceLock::wait) | yes, unless the value is there |
//! | [`LazyLock::force`], and each use of a [`LazyLock`] | yes, unless the value is there |
//! | all others, `Drop` of the guards and permits included | no |
//!
//! # When a runtime ends
//!
//! A goroutine that waits in one of these while its runtime ends waits for nothing any more: the lock, the
//! permit or the notification goes to the next that waits, and a [`Barrier`] no longer counts it. What such
//! a goroutine holds stays held.
//!
//! # Panics
//!
//! A call that has to wait panics inside the closure of [`stop_the_world`](crate::stop_the_world),
//! and in a child process of `fork` that has only one thread: there, nothing could end the wait.

mod barrier;
mod condvar;
mod lazylock;
mod mutex;
mod once;
mod oncelock;
mod permits;
mod poison;
mod rwlock;
mod semaphore;
mod waitgroup;

pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazylock::LazyLock;
pub use mutex::{Mutex, MutexGuard};
pub use once::{Once, OnceState};
pub use oncelock::OnceLock;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError};
pub use waitgroup::{WaitGroup, WaitGroupGuard};
