//! A descriptor that the kernel tells us of.

use std::io;
use std::os::fd::RawFd;

use crate::facade::process::forks;
use crate::facade::{AtomicUsize, Ordering::Relaxed, events};
use crate::sched::atfork;
use crate::sched::pd::{self, Pd};

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
        Self { fd, pd: pd::take(), since: AtomicUsize::new(0) }
    }

    /// Whether the kernel tells this process of the descriptor.
    #[inline]
    pub(super) fn is_made(&self) -> bool {
        // Relaxed: who does not see it asks the kernel, which refuses a second registration.
        self.since.load(Relaxed) == forks() + 1
    }

    /// Asks the kernel to tell.
    ///
    /// # Errors
    ///
    /// The kernel's, if it refuses.
    #[cold]
    pub(super) fn make(&self) -> io::Result<()> {
        atfork::watch(); // there may be no runtime yet, and a child must not use our queue
        match self.pd.watch(self.fd) {
            Ok(()) => {
                // Relaxed: as above.
                self.since.store(forks() + 1, Relaxed);
                Ok(())
            }
            Err(_) if self.is_made() => Ok(()), // another was faster, so the kernel refused us
            refused => refused,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if self.is_made() {
            events::forget(self.fd);
        }
        pd::put(self.pd);
    }
}
