//! Locking a goroutine to its thread.

use std::fmt;
use std::marker::PhantomData;

use crate::sched::g::{self, GRef};
use crate::sched::here::Here;
use crate::sched::{marks, osthread};

/// A lock of a goroutine to its thread, made by [`lock_os_thread`](crate::lock_os_thread).
///
/// When the goroutine's last guard is dropped, it may move to other threads again. Dropping does
/// not wait. If the guard is leaked, the goroutine stays locked, and its thread ends with it. The
/// guard cannot be sent to another goroutine or thread. A guard that is dropped after its goroutine
/// has ended (from a thread-local's destructor, say) has no effect.
#[must_use = "the goroutine may move again when this is dropped"]
pub struct OsThreadGuard {
    g: GRef,
    /// The goroutine's number. When the guard is dropped, the stack may belong to another
    /// goroutine.
    id: u64,
    /// Not `Send`: only the goroutine itself unlocks.
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
