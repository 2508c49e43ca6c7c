//! What the runtime knows of a descriptor that goroutines wait for (Go's `pollDesc`).

use super::g::Waker;
use crate::facade::{Event, events};
use crate::proto::pollsema::PollSema;
use std::os::fd::RawFd;

/// What an operation on a descriptor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Input,
    Output,
}

/// A descriptor's two directions.
pub(crate) struct Pd {
    input: PollSema<Waker>,
    output: PollSema<Waker>,
}

impl Pd {
    pub(crate) fn new() -> Self {
        Self { input: PollSema::new(), output: PollSema::new() }
    }

    /// For the next descriptor.
    pub(crate) fn renew(&self) {
        self.input.renew();
        self.output.renew();
    }

    #[inline]
    pub(crate) fn way(&self, way: Way) -> &PollSema<Waker> {
        match way {
            Way::Input => &self.input,
            Way::Output => &self.output,
        }
    }

    /// Has the kernel tell of a descriptor; false if it refuses.
    ///
    /// # Safety
    ///
    /// - This stays where it is for ever: an event may come late.
    pub(crate) unsafe fn watch(&self, fd: RawFd) -> bool {
        events::watch(fd, core::ptr::from_ref(self).expose_provenance())
    }

    /// Brings an event to those who wait for it.
    pub(crate) fn tell(event: Event, mut wake: impl FnMut(Waker)) {
        // SAFETY: `watch` gave the kernel this address, of one that is there for ever.
        let pd = unsafe { &*core::ptr::with_exposed_provenance::<Self>(event.whose) };
        if event.input {
            pd.input.tell(event.is_end, &mut wake);
        }
        if event.output {
            pd.output.tell(event.is_end, &mut wake);
        }
    }
}
