//! What a user's thread and a thread that writes of a runtime say to each other: std's own channels, and a mutex.
//!
//! They move no goroutine, and a model has no such thread: so nothing about them is ours to check. A thread
//! that waits here does not count as asleep (`proto/asleep`).

#![expect(clippy::disallowed_types, reason = "no goroutine and no model uses them")]

use std::sync::{Mutex, PoisonError};

pub(crate) use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

/// What such threads share.
pub(crate) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Uses it. Nothing of the user's runs meanwhile.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> R {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
