//! A descriptor that the kernel tells us of.

use std::os::fd::RawFd;

use crate::facade::process::{Global, forks};
use crate::facade::{AtomicUsize, Ordering::Relaxed, events};
use crate::sched::pd::Pd;

/// What the kernel may name, though nobody uses it: an event may come late, so it is used again and never
/// freed.
static FREE: Global<Vec<&'static Pd>> = Global::new();

fn take() -> &'static Pd {
    FREE.init(Vec::new);
    let free = FREE.with(Vec::pop).flatten();
    let pd = free.unwrap_or_else(|| Box::leak(Box::new(Pd::new())));
    pd.renew();
    pd
}

fn put(pd: &'static Pd) {
    FREE.with(|free| free.push(pd));
}

/// Whether the kernel tells of a descriptor, and where.
pub(super) struct Registration {
    fd: RawFd,
    pub(super) pd: &'static Pd,
    /// One more than the forks that the process had come through when the kernel agreed: a child's queue is
    /// another. Zero before.
    since: AtomicUsize,
}

impl Registration {
    pub(super) fn new(fd: RawFd) -> Self {
        Self { fd, pd: take(), since: AtomicUsize::new(0) }
    }

    /// Whether the kernel tells this process of the descriptor.
    #[inline]
    pub(super) fn is_made(&self) -> bool {
        // Relaxed: who does not see it asks the kernel, which refuses a second registration.
        self.since.load(Relaxed) == forks() + 1
    }

    /// Asks the kernel to tell; false if it refuses.
    #[cold]
    pub(super) fn make(&self) -> bool {
        // SAFETY: never freed.
        let is_watched = unsafe { self.pd.watch(self.fd) };
        if is_watched {
            // Relaxed: as above.
            self.since.store(forks() + 1, Relaxed);
        }
        // Where another was faster, the kernel refuses us.
        is_watched || self.is_made()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if self.is_made() {
            events::forget(self.fd);
        }
        put(self.pd);
    }
}
