//! A counter that goroutines and threads can wait for (Go's `sync.WaitGroup`).

#![expect(
    clippy::disallowed_types,
    reason = "OnceLock: it makes the count, and nobody waits there"
)]

use core::panic::Location;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::condvar::WaitTimeoutResult;
use crate::JoinHandle;
use crate::api::deadline::after;
use crate::base::rank::Rank;
use crate::facade::news::Call;
use crate::proto::claim::Claim;
use crate::proto::lock::Lock;
use crate::proto::note::Sleep;
use crate::proto::tickets::{Ticket, Tickets, wake_below};
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::step::step;
use crate::sched::wait::{Abandon, Wait};

/// The case of a claim that the last to be done wins.
const DONE: u32 = 0;

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
    waiters: Tickets<Waker>,
}

const ADD: Call = Call::new("add to", "wait group");
const DONE_BY_ONE: Call = Call::new("done at", "wait group");
const WAIT: Call = Call::new("wait for", "wait group");

impl WaitGroup {
    /// Creates a group whose count is zero.
    pub const fn new() -> Self {
        Self { shared: OnceLock::new() }
    }

    fn state(&self) -> &Arc<Lock<State>> {
        self.shared.get_or_init(|| {
            let state = State { count: 0, waiters: Tickets::new() };
            Arc::new(Lock::new(Rank::WaitGroup, state))
        })
    }

    /// Adds `n` to the count. Does not wait.
    ///
    /// # Panics
    ///
    /// If the count would exceed `usize::MAX`.
    #[track_caller]
    pub fn add(&self, n: usize) {
        step(ADD, &raw const **self.state());
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
        let lock = &**self.state();
        step(DONE_BY_ONE, lock);
        let mut state = lock.lock();
        let Some(count) = state.count.checked_sub(1) else {
            drop(state);
            panic!("gosched: WaitGroup::done was called more often than added");
        };
        state.count = count;
        if count == 0 && !state.waiters.is_empty() {
            // Whatever is added from here on, the count was zero for all who wait now.
            let all = state.waiters.now();
            drop(state);
            wake_below(lock, |state| &mut state.waiters, all, Waker::wake);
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

    /// Waits until the count is zero.
    ///
    /// May wait: a [switch point](crate#switch-points), even if the count is zero. On an ordinary
    /// thread it blocks the thread.
    #[track_caller]
    pub fn wait(&self) {
        self.wait_until(None);
    }

    /// Like [`wait`](Self::wait), but waits no longer than `timeout`. The result says whether the time was
    /// up first.
    ///
    /// May wait: a [switch point](crate#switch-points), even if the count is zero. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let wg = gosched::sync::WaitGroup::new();
    /// wg.add(1);
    /// assert!(wg.wait_timeout(Duration::from_millis(1)).timed_out());
    /// wg.done();
    /// assert!(!wg.wait_timeout(Duration::from_millis(1)).timed_out());
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> WaitTimeoutResult {
        WaitTimeoutResult(self.wait_until(Some(after(timeout))) == Sleep::TimedOut)
    }

    #[track_caller]
    fn wait_until(&self, deadline_ns: Option<u64>) -> Sleep {
        let lock = &**self.state();
        step(WAIT, lock);
        let mut here = Here::arrive();
        let mut state = lock.lock();
        if state.count == 0 {
            return Sleep::Woken;
        }
        if let Some(refusal) = here.refusal() {
            drop(state);
            refusal.panic();
        }
        let claim = Claim::new();
        let mut waiter = match deadline_ns {
            Some(_) => Waiter::claimed(Ticket::NONE, here.waker(), &claim, DONE),
            None => Waiter::new(Ticket::NONE, here.waker()),
        };
        // SAFETY: the node stays here until its waker was used, or it was withdrawn below, or for ever.
        unsafe { state.waiters.push(&mut waiter) };
        drop(state);
        let wait = ForZero { lock, waiter: &waiter };
        let (why, at) = (Wait::Group, Location::caller());
        let Some(deadline_ns) = deadline_ns else {
            here.park(why, at, &wait);
            return Sleep::Woken;
        };
        let slept = here.park_until(deadline_ns, &claim, (why, at), &wait);
        if slept == Sleep::TimedOut {
            wait.withdraw();
        }
        slept
    }
}

/// A wait for the count. All who wait are woken at once, so nothing is passed on.
struct ForZero<'a> {
    lock: &'a Lock<State>,
    waiter: &'a Waiter<Ticket, Waker>,
}

impl ForZero<'_> {
    /// Takes the waiter out, and returns its waker if it was queued.
    fn withdraw(&self) -> Option<Waker> {
        match self.lock.lock().waiters.withdraw(self.waiter) {
            Withdrawn::Queued(waker) => Some(waker),
            Withdrawn::WasWoken(_) | Withdrawn::Already => None,
        }
    }
}

impl Abandon for ForZero<'_> {
    fn abandon(&self) {
        if let Some(waker) = self.withdraw() {
            waker.abandon();
        }
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
