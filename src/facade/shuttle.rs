//! The shuttle backend: larger models, random and PCT schedules, all accesses sequentially
//! consistent. What needs a weaker memory to show is loom's part.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the only door")]

use core::sync::atomic::Ordering;

use super::cost::{self, Access};

pub(super) mod raw {
    #[cfg(test)]
    pub(crate) use ::shuttle::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};
    pub(crate) use ::shuttle::sync::{Condvar, Mutex, MutexGuard};
    /// In a user's program: see [`Companion::touch`](super::Companion).
    #[cfg(not(test))]
    pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};

    /// std's `UnsafeCell` in loom's shape: shuttle does not look for data races.
    pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        #[track_caller]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            super::seen(&self.0, super::Op::Load);
            f(self.0.get())
        }

        #[track_caller]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            super::seen(&self.0, super::Op::Store);
            f(self.0.get())
        }
    }
}

/// In a user's program the words are std's, and this lets others run before each access, as shuttle's words
/// do. In a check nobody need run there: its goroutines change at their steps. Where costs are counted, shuttle's
/// own word would do more than is needed.
pub(super) struct Companion;

#[cfg(not(test))]
static POINT: ::shuttle::sync::atomic::AtomicBool = ::shuttle::sync::atomic::AtomicBool::new(false);

#[allow(clippy::unused_self, reason = "the shape of loom's companion")]
impl Companion {
    pub(super) fn new() -> Self {
        Self
    }

    #[cfg(test)]
    pub(super) fn touch<W>(&self, _: &W, _: Op) {}

    #[cfg(not(test))]
    #[inline(always)]
    #[track_caller]
    pub(super) fn touch<W>(&self, word: &W, op: Op) {
        if super::directed::is_on() {
            return;
        }
        if cost::is_on() {
            spin_hint();
            seen(word, op);
        } else {
            POINT.load(Ordering::SeqCst);
        }
    }
}

/// Counts what an access costs, where that is counted.
#[inline(always)]
#[track_caller]
fn seen<W>(word: &W, op: Op) {
    if cost::is_on() {
        let access = if matches!(op, Op::Load) { Access::Read } else { Access::Write };
        cost::seen(core::ptr::from_ref(word).addr(), size_of::<W>(), access);
    }
}

#[derive(Clone, Copy)]
pub(super) enum Op {
    Load,
    Store,
    Rmw,
    Failure,
}

pub(super) fn order(_: Op, order: Ordering) -> Ordering {
    order
}

pub(crate) fn fence_light() {}

#[track_caller]
pub(crate) fn fence_heavy() {
    if cost::is_on() {
        cost::fenced();
    }
}

pub(crate) fn fence_against_switch() {}

/// A model has no stacks to look at.
pub(crate) fn sees_switches() -> bool {
    false
}

pub(crate) fn spin_hint() {
    ::shuttle::thread::yield_now();
}

/// Not at all: spinning first adds no outcome, only executions. Where costs are counted, it is one of them.
pub(crate) fn spins(n: u32) -> u32 {
    if cost::is_on() { n } else { 0 }
}

/// Four places: so that small programs fill a table and wrap around in it. In a user's program as many as in a
/// real build.
pub(crate) const fn room(n: usize) -> usize {
    if cfg!(test) { 4 } else { n }
}

/// Lets the others run: time passes only where a model says so.
pub(crate) fn nap(_: u64) {
    spin_hint();
}

/// Explored: shuttle records the choice with the schedule. In a check of a user's program the check chooses.
pub(crate) fn choose(_: &mut u32, n: usize) -> usize {
    #[cfg(not(test))]
    if let Some(chosen) = super::directed::choose(n) {
        return chosen;
    }
    ::shuttle::rand::Rng::gen_range(&mut ::shuttle::rand::thread_rng(), 0..n)
}

/// A panic at the base of a goroutine ends the model. A check of a user's program is told, and goes on.
pub(crate) fn owns_panics() -> bool {
    !super::directed::is_on()
}

/// Nothing to learn: a checker knows its fences.
pub(crate) fn learn_fences() {}

/// Panics outside a model, where nothing of this backend works.
#[track_caller]
pub(crate) fn check_is_in_model() {
    assert!(
        ::shuttle::current::try_get_current_task().is_some(),
        "gosched: a runtime was started outside a check, in a build with the feature `shuttle`, which \
         is for checking programs: start it inside `gosched::check::random` or its like, or build \
         without the feature"
    );
}

/// Whether the process is ours to watch, its memory faults and its forks: a checker has its own
/// ways.
pub(crate) fn owns_process() -> bool {
    false
}

/// Whether time passes by itself: only then is there anything for a watcher to do.
pub(crate) const HAS_TIME: bool = false;

pub(crate) mod thread {
    //! Tasks of the model.

    use std::io;

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

    pub(crate) struct JoinHandle(::shuttle::thread::JoinHandle<()>);

    impl JoinHandle {
        /// Not known before it is joined.
        #[allow(clippy::unused_self, reason = "the shape of the real one")]
        pub(crate) fn is_finished(&self) -> bool {
            true
        }

        pub(crate) fn join(self) {
            self.0.join().expect("a panic ends the model");
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
        ::shuttle::thread::Builder::new().name(name).spawn(f).map(JoinHandle)
    }
}

/// See the real backend.
macro_rules! tls {
    ($(#[$doc:meta])* fn $name:ident: $t:ty = $init:expr) => {
        $(#[$doc])*
        #[inline(never)]
        fn $name<R>(use_it: impl FnOnce(&$t) -> R) -> Option<R> {
            ::shuttle::thread_local! { static HERE: $t = $init; }
            HERE.try_with(use_it).ok()
        }
    };
}
pub(crate) use tls;

macro_rules! process_wide {
    (static $name:ident: $t:ty = $init:expr) => {
        ::shuttle::lazy_static! { static ref $name: $t = $init; }
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
