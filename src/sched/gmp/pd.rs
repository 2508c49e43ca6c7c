//! What the runtime knows of a descriptor that goroutines wait for (Go's `pollDesc`).

use std::io;
use std::os::fd::RawFd;
use std::panic::RefUnwindSafe;

use super::g::Waker;
use crate::facade::process::Global;
use crate::facade::{Event, events};
use crate::proto::pollsema::PollSema;

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

/// As std's sockets: no code of a user's runs, and so nothing panics, while a lock of it is held.
impl RefUnwindSafe for Pd {}

/// What the kernel may name, though nobody uses it: an event may come late, so it is used again and never
/// freed.
static FREE: Global<Vec<&'static Pd>> = Global::new();

/// One for a descriptor.
pub(crate) fn take() -> &'static Pd {
    FREE.init(Vec::new);
    let free = FREE.with(Vec::pop).flatten();
    let pd = free.unwrap_or_else(|| Box::leak(Box::new(Pd::new())));
    pd.input.renew();
    pd.output.renew();
    pd
}

/// Gives back what [`take`] gave.
pub(crate) fn put(pd: &'static Pd) {
    FREE.with(|free| free.push(pd));
}

/// Keeps all others from the free ones: a child of fork could not finish what they had begun.
pub(crate) fn keep() {
    FREE.init(Vec::new);
    FREE.keep();
}

/// Lets others in again.
///
/// # Safety
///
/// - This thread has called [`keep`] since it last called this, or is a copy of the one that did.
pub(crate) unsafe fn let_go() {
    // SAFETY: as the caller says.
    unsafe { FREE.let_go() };
}

impl Pd {
    pub(crate) fn new() -> Self {
        Self { input: PollSema::new(), output: PollSema::new() }
    }

    #[inline]
    pub(crate) fn way(&self, way: Way) -> &PollSema<Waker> {
        match way {
            Way::Input => &self.input,
            Way::Output => &self.output,
        }
    }

    /// Has the kernel tell of a descriptor. Events may come late, so only what is there for ever can ask.
    ///
    /// # Errors
    ///
    /// The kernel's, if it refuses.
    pub(crate) fn watch(&'static self, fd: RawFd) -> io::Result<()> {
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
