//! What belongs to the process and not to one scheduler: outside every model, std's own.
//!
//! There are eight such things: the arena that stacks are carved from, the handler that names an
//! overflowed one, what the kernel can do (learnt once), the kernel's queue of events and the memory that
//! it names, who asked for signals, the numbers of simulated sockets, and the forks that the process has
//! come through. A checker must not see them, because they outlive an execution. What it must see, and the
//! process has one of, is made by [`process_wide!`](super::process_wide).

#![expect(clippy::disallowed_types, reason = "these words live across models, by design")]

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

use crate::machine::{self, fiber};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A value that the whole process shares, made once, used by one thread at a time.
pub(crate) struct Global<T: 'static> {
    value: OnceLock<Mutex<T>>,
    /// The guard of a thread that keeps the value for longer than a call. Belongs to the mutex.
    kept: UnsafeCell<Option<MutexGuard<'static, T>>>,
}

// SAFETY: the value moves between threads (Send) by the mutex, and so does what is kept: it is
//         written and taken by the one thread that has the mutex.
unsafe impl<T: Send> Sync for Global<T> {}

impl<T> Global<T> {
    pub(crate) const fn new() -> Self {
        Self { value: OnceLock::new(), kept: UnsafeCell::new(None) }
    }

    /// Makes the value, unless another thread was faster. `make` is called once at most.
    pub(crate) fn init(&self, make: impl FnOnce() -> T) {
        self.value.get_or_init(|| Mutex::new(make()));
    }

    /// Uses the value; `None` if it was never made.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut value = self.lock()?;
        fiber::locked(self);
        let answer = use_it(&mut *value);
        fiber::unlocks(self);
        Some(answer)
    }

    fn lock(&self) -> Option<MutexGuard<'_, T>> {
        // A panic cannot leave the value halfway: its users do not panic in between.
        self.value.get().map(|mutex| mutex.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a value that was made from all others, until [`let_go`](Self::let_go).
    pub(crate) fn keep(&'static self) {
        if let Some(guard) = self.lock() {
            // SAFETY: (exclusive) this thread has the mutex.
            unsafe { *self.kept.get() = Some(guard) };
        }
    }

    /// Lets others use the value again.
    ///
    /// # Safety
    ///
    /// - This thread has called [`keep`](Self::keep) since it last called this, when the value was
    ///   made. The thread of a child of fork is the one that forked.
    pub(crate) unsafe fn let_go(&self) {
        // SAFETY: (exclusive) this thread has the mutex, as the caller says.
        let guard = unsafe { (*self.kept.get()).take() };
        drop(guard);
    }
}

/// A number that is set once, before any reader needs it.
pub(crate) struct Word(AtomicUsize);

impl Word {
    pub(crate) const fn new(value: usize) -> Self {
        Self(AtomicUsize::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }

    pub(crate) fn set(&self, value: usize) {
        self.0.store(value, Relaxed);
    }
}

/// Bytes that are set once each, before whoever reads one could need it; zero until then.
pub(crate) struct Bytes<const N: usize>([AtomicU8; N]);

impl<const N: usize> Bytes<N> {
    pub(crate) const fn zeros() -> Self {
        Self([const { AtomicU8::new(0) }; N])
    }

    /// The byte at `index`; zero beyond the end.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> u8 {
        self.0.get(index).map_or(0, |byte| byte.load(Relaxed))
    }

    /// Sets the byte at `index`; false beyond the end.
    pub(crate) fn set(&self, index: usize, value: u8) -> bool {
        self.0.get(index).is_some_and(|byte| {
            byte.store(value, Relaxed);
            true
        })
    }
}

/// How many forks lie between this process and the process that started the first runtime. Written
/// by the thread that forked, while it is the only thread.
static FORKS: Word = Word::new(0);
/// The same, when a runtime was last started.
static LAST_START: Word = Word::new(0);

/// The message in a child of fork (`sched/gmp/fork`).
pub(crate) const GONE: &str = "this process was forked from one whose runtime was running; \
    its threads are gone: exec a program, or start a new runtime";

/// How many forks this process has come through.
#[inline]
pub(crate) fn forks() -> usize {
    FORKS.get()
}

/// This process was just made by a fork.
pub(crate) fn has_forked() {
    FORKS.set(FORKS.get() + 1);
}

/// A runtime is being started.
pub(crate) fn runtime_starts() {
    LAST_START.set(FORKS.get());
}

/// Whether no thread is left that could end a wait of the calling thread: the process is a child of
/// fork, and the calling thread is its only one.
#[inline]
pub(crate) fn is_stranded() -> bool {
    FORKS.get() != LAST_START.get() && machine::process::thread_count() == Some(1)
}
