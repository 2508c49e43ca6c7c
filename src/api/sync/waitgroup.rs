//! A counter that goroutines and threads can wait for (Go's `sync.WaitGroup`).

#![expect(
    clippy::disallowed_types,
    reason = "OnceLock: it makes the count, and nobody waits there"
)]

use core::panic::Location;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};

use crate::JoinHandle;
use crate::base::rank::Rank;
use crate::proto::lock::Lock;
use crate::proto::waitq::{Waiter, Waitq};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::inqueue::InQueue;
use crate::sched::wait::Wait;

/// A counter that goroutines and threads can wait for (Go's `sync.WaitGroup`).
///
/// [`add`](Self::add) raises the count and [`done`](Self::done) lowers it. [`wait`](Self::wait)
/// waits until the count is zero. Clones share one count; cloning does not change it. A group can
/// be used again after its count was zero. [`WaitGroup::new`] is `const`, so a group may be a
/// `static`.
///
/// [`go`](Self::go) starts a goroutine that is counted until it ends, also by a panic.
/// [`guard`](Self::guard) does the same for anything that has an end.
///
/// Call `add` before the goroutine is started that calls `done`. If the new goroutine called `add`
/// itself, `wait` could return before that.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// rt.run(|| {
///     let wg = gosched::sync::WaitGroup::new();
///     for i in 0..10 {
///         wg.go(move || i + 1);
///     }
///     wg.wait();
/// });
/// # std::io::Result::Ok(())
/// ```
#[derive(Default)]
pub struct WaitGroup {
    /// Made when it is first needed, so that `new` is const.
    shared: OnceLock<Arc<Lock<State>>>,
}

impl UnwindSafe for WaitGroup {}
impl RefUnwindSafe for WaitGroup {}

struct State {
    count: usize,
    /// How often the count fell to zero while waiters were queued.
    rounds: u64,
    /// The waiters, each with the value of `rounds` when it came.
    waiters: Waitq<u64, Waker>,
}

impl WaitGroup {
    /// Creates a group whose count is zero.
    pub const fn new() -> Self {
        Self { shared: OnceLock::new() }
    }

    fn state(&self) -> &Arc<Lock<State>> {
        self.shared.get_or_init(|| {
            Arc::new(Lock::new(
                Rank::WaitGroup,
                State { count: 0, rounds: 0, waiters: Waitq::new() },
            ))
        })
    }

    /// Adds `n` to the count. Does not wait.
    ///
    /// # Panics
    ///
    /// If the count would exceed `usize::MAX`.
    #[track_caller]
    pub fn add(&self, n: usize) {
        let mut state = self.state().lock();
        let Some(count) = state.count.checked_add(n) else {
            drop(state);
            panic!("gosched: a WaitGroup counts at most {}", usize::MAX);
        };
        state.count = count;
    }

    /// Subtracts one from the count. If it becomes zero, all waiters continue. Does not wait.
    ///
    /// # Panics
    ///
    /// If the count is zero already.
    #[track_caller]
    pub fn done(&self) {
        let mut state = self.state().lock();
        let Some(count) = state.count.checked_sub(1) else {
            drop(state);
            panic!("gosched: WaitGroup::done was called more often than added");
        };
        state.count = count;
        if count == 0 && !state.waiters.is_empty() {
            state.rounds += 1;
            let round = state.rounds;
            drop(state);
            self.wake_all_before(round);
        }
    }

    /// Adds one to the count until the returned guard is dropped. Does not wait.
    ///
    /// Make the guard before the goroutine is started that drops it. It is dropped also if the goroutine
    /// panics, or calls [`exit`](crate::exit).
    ///
    /// # Panics
    ///
    /// If the count would exceed `usize::MAX`.
    ///
    /// # Examples
    ///
    /// ```
    /// let wg = gosched::sync::WaitGroup::new();
    /// let guard = wg.guard();
    /// std::thread::spawn(move || {
    ///     let _guard = guard;
    ///     // Whatever happens here, the count falls.
    /// });
    /// wg.wait();
    /// ```
    #[track_caller]
    pub fn guard(&self) -> WaitGroupGuard {
        self.add(1);
        WaitGroupGuard { group: self.clone() }
    }

    /// Starts a goroutine that runs `f`, and is counted until it ends, also by a panic (Go's
    /// `WaitGroup.Go`).
    ///
    /// May wait: a [switch point](crate#switch-points), like [`go`](crate::go()).
    ///
    /// # Panics
    ///
    /// - Like [`go`](crate::go()): if the caller is not a goroutine, for example. Then nothing is counted.
    ///   On an ordinary thread, move a [`guard`](Self::guard) into the function of
    ///   [`Runtime::go`](crate::Runtime::go).
    /// - If the count would exceed `usize::MAX`.
    #[track_caller]
    pub fn go<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let guard = self.guard();
        crate::go(move || {
            let _guard = guard;
            f()
        })
    }

    /// Wakes all waiters that came before this round, whatever was added since.
    fn wake_all_before(&self, round: u64) {
        loop {
            let mut state = self.state().lock();
            if state.waiters.first(|&theirs| theirs < round) != Some(true) {
                return;
            }
            let Some(((), waker)) = state.waiters.pop(|_| ()) else { return };
            drop(state);
            waker.wake();
        }
    }

    /// Waits until the count is zero.
    ///
    /// May wait: a [switch point](crate#switch-points), even if the count is zero. On an ordinary
    /// thread it blocks the thread.
    #[track_caller]
    pub fn wait(&self) {
        let lock = self.state();
        let mut here = Here::arrive();
        let mut state = lock.lock();
        if state.count == 0 {
            return;
        }
        if let Some(refusal) = here.refusal() {
            drop(state);
            refusal.panic();
        }
        let waiter = Waiter::new(state.rounds, here.waker());
        // SAFETY: the node stays here until this goroutine or thread was woken, or for ever.
        unsafe { state.waiters.push_back(&waiter) };
        drop(state);
        let wait = InQueue { lock, queue: |state| &mut state.waiters, waiter: &waiter };
        here.park(Wait::Group, Location::caller(), &wait);
    }
}

/// One that a [`WaitGroup`] counts. Dropping it subtracts one, and does not wait.
#[must_use = "the count falls as soon as the guard is dropped"]
pub struct WaitGroupGuard {
    group: WaitGroup,
}

impl Drop for WaitGroupGuard {
    fn drop(&mut self) {
        self.group.done();
    }
}

impl fmt::Debug for WaitGroupGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroupGuard").finish_non_exhaustive()
    }
}

impl Clone for WaitGroup {
    fn clone(&self) -> Self {
        Self { shared: OnceLock::from(self.state().clone()) }
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").field("count", &self.state().lock().count).finish()
    }
}
