//! Goroutines that stay on their thread.

use std::fmt;
use std::marker::PhantomData;

use crate::sched::g::{self, GRef};
use crate::sched::here::Here;
use crate::sched::{marks, osthread};

/// While it lives, its goroutine stays on its thread, and the thread runs no other; see
/// [`lock_os_thread`](crate::lock_os_thread).
#[must_use = "the goroutine may move again when this is dropped"]
pub struct OsThreadGuard {
    g: GRef,
    /// The goroutine's number: its stack may be another's by the time the guard goes.
    id: u64,
    /// Not `Send`: it is its goroutine that unlocks.
    of: PhantomData<*const ()>,
}

impl fmt::Debug for OsThreadGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("OsThreadGuard { .. }")
    }
}

impl OsThreadGuard {
    #[track_caller]
    pub(super) fn new(g: GRef) -> Self {
        drop(Here::arrive());
        osthread::lock(g);
        Self { g, id: g::header(g).id(), of: PhantomData }
    }
}

impl Drop for OsThreadGuard {
    fn drop(&mut self) {
        // A guard that was kept in a thread-local outlives its goroutine, whose lock ended with it.
        if marks::is_this(self.g, self.id) {
            osthread::unlock(self.g);
        }
    }
}
