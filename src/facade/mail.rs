//! What a user's thread and a thread that writes of a runtime say to each other: std's own channels, and a mutex.
//!
//! They move no goroutine, and a model has no such thread: so nothing about them is ours to check. A thread
//! that waits here does not count as asleep (`proto/asleep`).

#![expect(clippy::disallowed_types, reason = "no goroutine and no model uses them")]

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

pub(crate) use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

/// What such threads share.
pub(crate) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Uses it.
    ///
    /// Nothing of the user's runs meanwhile, no destructor either: it might come back here, and wait for itself.
    /// So a value that may own one of the user's is moved in or out, and dropped elsewhere. The same holds
    /// for `process::Global`.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> R {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A thread, which says who it is once it has begun.
#[derive(Clone, Default)]
pub(crate) struct Myself(Arc<OnceLock<ThreadId>>);

impl Myself {
    /// It is the caller.
    pub(crate) fn begin(&self) {
        self.0.get_or_init(|| thread::current().id());
    }

    /// Whether it is the caller: a thread that waits for it would wait for itself.
    pub(crate) fn is_here(&self) -> bool {
        self.0.get() == Some(&thread::current().id())
    }
}
