//! The real backend: std's atomics and threads, the kernel's futex and membarrier.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the only door")]

use core::sync::atomic::{Ordering, compiler_fence, fence};

use super::process::Word;
use super::sleep::{Slept, SleptOn};
use crate::machine;

pub(super) mod raw {
    pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};

    /// std's `UnsafeCell` in loom's shape.
    pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// Nothing: what loom needs beside every word.
pub(super) struct Companion;

#[allow(clippy::unused_self, reason = "the shape of the checkers' companions")]
impl Companion {
    pub(super) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn touch<W>(&self, _: &W, _: Op) {}
}

/// What an access does, for the checker that weakens it.
pub(super) enum Op {
    Load,
    Store,
    Rmw,
    Failure,
}

#[inline(always)]
pub(super) fn order(_: Op, order: Ordering) -> Ordering {
    order
}

const UNKNOWN: usize = 0;
const ASYMMETRIC: usize = 1;
const SYMMETRIC: usize = 2;
/// Whether the kernel has membarrier: then the light fence costs nothing.
static FENCES: Word = Word::new(UNKNOWN);

/// The cheap side of an asymmetric store-load fence: keeps a store before a later load, as seen by
/// whoever calls [`fence_heavy`] in between.
#[inline(always)]
pub(crate) fn fence_light() {
    if FENCES.get() == ASYMMETRIC {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence_light_symmetric();
    }
}

#[cold]
fn fence_light_symmetric() {
    if FENCES.get() == UNKNOWN {
        learn_fences();
    }
    fence(Ordering::SeqCst);
}

/// The dear side: a store-load fence on this thread and on every other running one.
pub(crate) fn fence_heavy() {
    if FENCES.get() == UNKNOWN {
        learn_fences();
    }
    if FENCES.get() == ASYMMETRIC {
        machine::membarrier::all_threads();
    } else {
        fence(Ordering::SeqCst);
    }
}

/// Keeps what this thread reads before it and after it in order, as against what another thread does
/// before and after a switch, which is no more than a fence for the compiler. On x86-64 the processor
/// keeps the order of loads, and of others' stores.
pub(crate) fn fence_against_switch() {
    if cfg!(target_arch = "x86_64") {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence_heavy();
    }
}

/// Whether [`fence_against_switch`] keeps what it promises: it needs membarrier, but on x86-64.
pub(crate) fn sees_switches() -> bool {
    cfg!(target_arch = "x86_64") || FENCES.get() == ASYMMETRIC
}

/// Asks the kernel how fences are made; otherwise the first fence does.
pub(crate) fn learn_fences() {
    FENCES.set(if machine::membarrier::register() { ASYMMETRIC } else { SYMMETRIC });
}

/// Threads asleep on a futex word: the kernel keeps them.
pub(super) struct Sleepers;

#[allow(clippy::unused_self, reason = "the shape of the checkers' sleepers")]
impl Sleepers {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn wait(&self, word: &impl SleptOn, expected: u32) {
        machine::futex::wait(word.address(), expected, None);
    }

    pub(super) fn wait_until(&self, word: &impl SleptOn, expected: u32, deadline_ns: u64) -> Slept {
        if machine::futex::wait(word.address(), expected, Some(deadline_ns)) {
            Slept::TimedOut
        } else {
            Slept::Woken
        }
    }

    pub(super) fn wake_one(&self, word: &impl SleptOn) {
        machine::futex::wake(word.address(), 1);
    }
}

/// A pause in a loop that waits for another thread's next step.
#[inline(always)]
pub(crate) fn spin_hint() {
    core::hint::spin_loop();
}

/// How often to look again before sleeping: as often as the caller thinks good.
pub(crate) const fn spins(n: u32) -> u32 {
    n
}

/// How long a fixed table is: as long as the caller says.
pub(crate) const fn room(n: usize) -> usize {
    n
}

/// Nanoseconds since some fixed moment.
pub(crate) fn now_ns() -> u64 {
    machine::clock::monotonic_ns()
}

/// Lets time pass, about so much.
pub(crate) fn nap(ns: u64) {
    std::thread::sleep(core::time::Duration::from_nanos(ns));
}

/// A number below `n`, made from `state`, which it advances (xorshift32, Marsaglia 2003).
#[inline]
pub(crate) fn choose(state: &mut u32, n: usize) -> usize {
    let mut x = *state | 1;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *state = x;
    ((u64::from(x) * n as u64) >> 32) as usize
}

#[inline(always)]
pub(crate) fn panicking() -> bool {
    std::thread::panicking()
}

/// Whether a panic that reaches a goroutine's base belongs to the checker and must reach its
/// thread; a real one belongs to the goroutine's join handle.
pub(crate) fn owns_panics() -> bool {
    false
}

/// Nothing to check: a real runtime may start anywhere.
pub(crate) fn check_is_in_model() {}

/// Whether the process is ours to watch, its memory faults and its forks: a checker has its own
/// ways.
pub(crate) fn owns_process() -> bool {
    true
}

/// Whether time passes by itself: only then is there anything for a watcher to do.
pub(crate) const HAS_TIME: bool = true;

pub(crate) mod thread {
    //! Threads of the operating system.

    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Arc, OnceLock};

    use crate::machine::signal::{AlternateStack, Blocked, Mask};

    /// What becomes of a thread that has nothing more to do.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Fate {
        /// It ends, and what it keeps is destroyed.
        Ends,
        /// It sleeps until the process ends, and what it keeps stays as it is.
        Stays,
    }

    /// Whether a thread can stay.
    pub(crate) const CAN_STAY: bool = true;

    /// Which signals a thread takes.
    #[derive(Clone, Copy)]
    pub(crate) struct Signals(Mask);

    impl Signals {
        /// As the calling thread.
        pub(crate) fn of_this_thread() -> Self {
            Self(Mask::current())
        }

        /// None but its own faults.
        pub(crate) fn faults_only() -> Self {
            Self(Mask::all_but_faults())
        }
    }

    /// A started thread.
    pub(crate) struct JoinHandle {
        thread: std::thread::JoinHandle<()>,
        told: Arc<OnceLock<Told>>,
    }

    /// What a thread says that has nothing more to do.
    struct Told {
        fate: Fate,
        /// The kernel's number of it.
        id: u32,
    }

    impl JoinHandle {
        /// Whether the thread has nothing more to do: it ends at once then, or stays for good.
        pub(crate) fn is_finished(&self) -> bool {
            self.told.get().is_some()
        }

        /// Waits until the thread has ended, or has nothing more to do and stays.
        pub(crate) fn join(self) {
            if self.told.wait().fate == Fate::Ends && self.thread.join().is_err() {
                crate::base::throw!("a scheduler thread panicked");
            }
        }

        /// Whether the thread is no more, and [`join`](Self::join) does not wait: not even for the
        /// destructors of its thread-locals, which may wait themselves.
        pub(crate) fn has_ended(&self) -> bool {
            self.told.get().is_some_and(|told| !crate::machine::process::has_thread(told.id))
        }
    }

    /// Tells a thread's fate, and meets it.
    fn meet(fate: Fate, told: &OnceLock<Told>) {
        told.get_or_init(|| Told { fate, id: id() });
        if fate == Fate::Stays {
            loop {
                std::thread::park();
            }
        }
    }

    /// Takes no more signals on this thread, which ends.
    pub(crate) fn block_signals() {
        let _ = core::mem::ManuallyDrop::new(Blocked::all());
    }

    /// The kernel's number of this thread.
    pub(crate) fn id() -> u32 {
        crate::machine::process::thread_id()
    }

    /// Starts a thread that ends when `f` returns; see [`spawn_with_fate`].
    pub(crate) fn spawn(
        name: String,
        signals: Signals,
        f: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle> {
        spawn_with_fate(name, signals, move || {
            f();
            Fate::Ends
        })
    }

    /// Starts a thread, which has a stack for signal handlers before it takes the first signal. `f`
    /// says what becomes of it.
    ///
    /// A thread begins with its maker's mask, and who makes one here is anybody. So the maker blocks
    /// all signals meanwhile, and the new thread takes on the mask it is to have (Go's `newosproc`
    /// and `minit`).
    pub(crate) fn spawn_with_fate(
        name: String,
        signals: Signals,
        f: impl FnOnce() -> Fate + Send + 'static,
    ) -> io::Result<JoinHandle> {
        let told = Arc::new(OnceLock::new());
        let tell = told.clone();
        let _blocked = Blocked::all();
        let body = move || {
            // Without one, handlers run on the stack that they interrupt.
            let _alternate_stack = AlternateStack::ensure();
            signals.0.set();
            // A panic of the scheduler's own: the others would wait for this thread for ever, and
            // nobody would know why. (That it is panicking says nothing: its last goroutine may have
            // been left in the middle of that.)
            match catch_unwind(AssertUnwindSafe(f)) {
                Ok(fate) => meet(fate, &tell),
                Err(_) => crate::base::throw!("a scheduler thread panicked"),
            }
        };
        let thread = std::thread::Builder::new().name(name).spawn(body)?;
        Ok(JoinHandle { thread, told })
    }
}

/// A thread-local, and the only way to it: a function that is never inlined. After a switch a
/// goroutine may continue on a different thread. The compiler does not know that, and may keep the
/// address of a thread-local for as long as a function lasts. So no function that could switch sees
/// such an address. `None` once the thread has destroyed the value.
macro_rules! tls {
    ($(#[$doc:meta])* fn $name:ident: $t:ty = $init:expr) => {
        $(#[$doc])*
        #[inline(never)]
        fn $name<R>(use_it: impl FnOnce(&$t) -> R) -> Option<R> {
            std::thread_local! { static HERE: $t = $init; }
            HERE.try_with(use_it).ok()
        }
    };
}
pub(crate) use tls;

macro_rules! process_wide {
    (static $name:ident: $t:ty = $init:expr) => {
        static $name: std::sync::LazyLock<$t> = std::sync::LazyLock::new(|| $init);
    };
}
pub(crate) use process_wide;

/// A function that is `const` where the words of this backend are.
macro_rules! const_if_real {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $t:ty),*) -> $result:ty $body:block) => {
        $(#[$meta])* $vis const fn $name($($arg: $t),*) -> $result $body
    };
}
pub(crate) use const_if_real;
