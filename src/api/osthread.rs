//! Goroutines that stay on their thread.

use std::fmt;
use std::marker::PhantomData;

use crate::sched::g::GRef;
use crate::sched::osthread;

/// While it lives, its goroutine stays on its thread, and the thread runs no other; see
/// [`lock_os_thread`](crate::lock_os_thread).
#[must_use = "the goroutine may move again when this is dropped"]
pub struct OsThreadGuard {
    g: GRef,
    /// Not `Send`: it is its goroutine that unlocks.
    of: PhantomData<*const ()>,
}

impl fmt::Debug for OsThreadGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("OsThreadGuard { .. }")
    }
}

impl OsThreadGuard {
    pub(super) fn new(g: GRef) -> Self {
        osthread::lock(g);
        Self { g, of: PhantomData }
    }
}

impl Drop for OsThreadGuard {
    fn drop(&mut self) {
        osthread::unlock(self.g);
    }
}
