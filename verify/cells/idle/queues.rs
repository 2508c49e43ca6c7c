//! Where goroutines wait: one word, or real rings.

use core::ptr::NonNull;

use crate::base::list::Linked;
use crate::facade::{AtomicU32, Ordering::Relaxed};
use crate::proto::runq::{Next, Runq};

/// Where goroutines wait.
pub(crate) trait Queues: Send + Sync + 'static {
    /// Takes one, for the owner of `p`.
    fn take(&self, p: u32) -> bool;
    /// One look at every queue.
    fn has_work(&self) -> bool;
}

/// A number of goroutines. RMW-only.
pub(crate) struct Count(AtomicU32);

impl Count {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    pub(crate) fn put(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Queues for Count {
    fn take(&self, _: u32) -> bool {
        let mut n = self.0.load(Relaxed);
        while n != 0 {
            match self.0.compare_exchange(n, n - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => n = now,
            }
        }
        false
    }

    fn has_work(&self) -> bool {
        self.0.load(Relaxed) != 0
    }
}

pub(crate) struct G(pub(crate) Option<NonNull<G>>);

// SAFETY: the field lies at a fixed place.
unsafe impl Linked for G {
    fn link(this: NonNull<Self>) -> NonNull<Option<NonNull<Self>>> {
        // SAFETY: a field of a live goroutine.
        unsafe { NonNull::new_unchecked(&raw mut (*this.as_ptr()).0) }
    }
}

/// Two processors' rings.
pub(crate) struct Rings(pub(crate) [Runq<G, 2>; 2]);

impl Queues for Rings {
    fn take(&self, p: u32) -> bool {
        let [own, other] = [p as usize, 1 - p as usize].map(|i| &self.0[i]);
        own.get().is_some() || other.grab(own, Next::Yes).is_some()
    }

    fn has_work(&self) -> bool {
        self.0.iter().any(|runq| !runq.is_empty())
    }
}
