//! The loom backend: loom's types, with two things that loom alone does not do.
//!
//! **Strict.** Stock loom keeps one last access an atomic, so a thread's own load hides another
//! thread's earlier one and "load, then store" is under-explored (tokio-rs/loom#392). A companion
//! condition variable beside every word, notified before every access, makes all accesses of the
//! word mutually dependent, and one last access is then all that the algorithm needs. The litmus
//! suite shows both.
//!
//! **Weakenable.** A site (file, line, column) can be weakened by one step at run time, by the
//! variable `GOSCHED_MUTANT`; with `GOSCHED_SITES` the sites that a model reaches are printed. See
//! [`sites`].

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the only door")]

use core::sync::atomic::Ordering;

#[path = "loom_sites.rs"]
pub(crate) mod sites;

pub(super) use sites::{Op, order};

pub(super) mod raw {
    pub(crate) use ::loom::cell::UnsafeCell;
    pub(crate) use ::loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};
    pub(crate) use ::loom::sync::{Condvar, Mutex, MutexGuard};
}

/// Makes every access of a word depend on every other.
pub(super) struct Companion(::loom::sync::Condvar);

impl Companion {
    pub(super) fn new() -> Self {
        Self(::loom::sync::Condvar::new())
    }

    pub(super) fn touch<W>(&self, _: &W, _: Op) {
        if sites::is_strict() {
            self.0.notify_one();
        }
    }
}

#[track_caller]
pub(crate) fn fence_light() {
    fence("a light fence");
}

#[track_caller]
pub(crate) fn fence_heavy() {
    fence("a heavy fence");
}

#[track_caller]
fn fence(weight: &'static str) {
    if sites::keeps_fence() {
        ::loom::sync::atomic::fence(Ordering::SeqCst);
        super::journal::other(weight);
    }
}

#[track_caller]
pub(crate) fn fence_against_switch() {
    fence_heavy();
}

/// A model has no stacks to look at.
pub(crate) fn sees_switches() -> bool {
    false
}

pub(crate) fn spin_hint() {
    ::loom::thread::yield_now();
}

/// Not at all: spinning first adds no outcome, only executions.
pub(crate) const fn spins(_: u32) -> u32 {
    0
}

/// Four places: so that small programs fill a table and wrap around in it.
pub(crate) const fn room(_: usize) -> usize {
    4
}

/// Lets the others run: time passes only where a model says so.
pub(crate) fn nap(_: u64) {
    spin_hint();
}

/// The first: loom has no nondeterministic choice. What depends on it is shuttle's part.
pub(crate) fn choose(_: &mut u32, _: usize) -> usize {
    0
}

pub(crate) fn owns_panics() -> bool {
    true
}

/// Nothing to learn: a checker knows its fences.
pub(crate) fn learn_fences() {}

/// Panics outside a model, where nothing of this backend works.
#[track_caller]
pub(crate) fn check_is_in_model() {
    assert!(
        is_in_model(),
        "gosched: a runtime was started outside a model, in a build with the feature `loom`, which is \
         for checking programs: start it inside `loom::model`, or build without the feature"
    );
}

std::thread_local! {
    /// Whether this thread tries something that panics outside a model.
    static TRIES: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

/// Whether this code runs in a model. Loom does not say, but that its threads can be asked for.
fn is_in_model() -> bool {
    static SILENCE: std::sync::Once = std::sync::Once::new();
    SILENCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !TRIES.get() {
                hook(panic);
            }
        }));
    });
    TRIES.set(true);
    let asked = std::panic::catch_unwind(|| drop(::loom::thread::current()));
    TRIES.set(false);
    asked.is_ok()
}

/// Whether the process is ours to watch, its memory faults and its forks: a checker has its own
/// ways.
pub(crate) fn owns_process() -> bool {
    false
}

/// Whether time passes by itself: only then is there anything for a watcher to do.
pub(crate) const HAS_TIME: bool = false;

pub(crate) mod thread {
    //! Threads of the model.

    use std::io;

    /// Words: loom's own 32 KiB are too few for the scheduler's frames.
    const STACK_WORDS: usize = 0x8000;

    /// Nothing: a model has no signals.
    #[derive(Clone, Copy)]
    pub(crate) struct Signals;

    impl Signals {
        pub(crate) fn of_this_thread() -> Self {
            Self
        }

        pub(crate) fn faults_only() -> Self {
            Self
        }
    }

    /// What becomes of a thread that has nothing more to do: see the real backend.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Fate {
        Ends,
        Stays,
    }

    /// A model ends when all its threads have: none stays.
    pub(crate) const CAN_STAY: bool = false;

    pub(crate) struct JoinHandle(::loom::thread::JoinHandle<()>);

    impl JoinHandle {
        /// Not known before it is joined.
        #[allow(clippy::unused_self, reason = "the shape of the real one")]
        pub(crate) fn is_finished(&self) -> bool {
            true
        }

        pub(crate) fn join(self) {
            // A panic in any model thread ends the model.
            self.0.join().expect("loom ends the model instead");
        }

        /// Taken for granted: joining it waits, and that is explored.
        #[allow(clippy::unused_self, reason = "the shape of the real one")]
        pub(crate) fn has_ended(&self) -> bool {
            true
        }
    }

    /// There are no signals here.
    pub(crate) fn block_signals() {}

    /// The kernel's number of this thread. A model's thread has none.
    pub(crate) fn id() -> u32 {
        0
    }

    pub(crate) fn spawn_with_fate(
        name: String,
        signals: Signals,
        f: impl FnOnce() -> Fate + Send + 'static,
    ) -> io::Result<JoinHandle> {
        spawn(name, signals, move || {
            f();
        })
    }

    pub(crate) fn spawn(
        name: String,
        _: Signals,
        f: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle> {
        crate::facade::shortage::take_one()?;
        ::loom::thread::Builder::new().name(name).stack_size(STACK_WORDS).spawn(f).map(JoinHandle)
    }
}

/// See the real backend.
macro_rules! tls {
    ($(#[$doc:meta])* fn $name:ident: $t:ty = $init:expr) => {
        $(#[$doc])*
        #[inline(never)]
        fn $name<R>(use_it: impl FnOnce(&$t) -> R) -> Option<R> {
            ::loom::thread_local! { static HERE: $t = $init; }
            HERE.try_with(use_it).ok()
        }
    };
}
pub(crate) use tls;

macro_rules! process_wide {
    (static $name:ident: $t:ty = $init:expr) => {
        ::loom::lazy_static! { static ref $name: $t = $init; }
    };
}
pub(crate) use process_wide;

/// A function that is `const` where the words of this backend are.
macro_rules! const_if_real {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $t:ty),*) -> $result:ty $body:block) => {
        $(#[$meta])* $vis fn $name($($arg: $t),*) -> $result $body
    };
}
pub(crate) use const_if_real;
