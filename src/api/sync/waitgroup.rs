//! Waiting for a number of goroutines (Go's `sync.WaitGroup`).

use std::fmt;
use std::sync::Arc;

use crate::base::rank::Rank;
use crate::proto::lock::Lock;
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::wait::Wait;

/// Counts what is still to be done, and lets others wait until nothing is. Clones share one count.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// rt.run(|| {
///     let wg = gosched::sync::WaitGroup::new();
///     for _ in 0..10 {
///         wg.add(1);
///         let wg = wg.clone();
///         gosched::go(move || wg.done());
///     }
///     wg.wait();
/// });
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Default)]
pub struct WaitGroup {
    state: Arc<Shared>,
}

struct Shared(Lock<State>);

impl Default for Shared {
    fn default() -> Self {
        Self(Lock::new(Rank::WaitGroup, State { count: 0, waiters: Vec::new() }))
    }
}

struct State {
    count: usize,
    waiters: Vec<Waker>,
}

impl WaitGroup {
    /// A group with nothing to wait for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `n` to what is to be done. Does not block.
    ///
    /// # Panics
    ///
    /// If the count does not fit a `usize`.
    pub fn add(&self, n: usize) {
        let mut state = self.state.0.lock();
        let Some(count) = state.count.checked_add(n) else {
            drop(state);
            panic!("gosched: a WaitGroup counts at most {}", usize::MAX);
        };
        state.count = count;
    }

    /// One thing is done: the last lets all waiters go on. Does not block.
    ///
    /// # Panics
    ///
    /// If nothing was to be done.
    pub fn done(&self) {
        let mut state = self.state.0.lock();
        let Some(count) = state.count.checked_sub(1) else {
            drop(state);
            panic!("gosched: WaitGroup::done was called more often than added");
        };
        state.count = count;
        if count == 0 && !state.waiters.is_empty() {
            let waiters = core::mem::take(&mut state.waiters);
            drop(state);
            waiters.into_iter().for_each(Waker::wake);
        }
    }

    /// Waits until nothing is to be done. Blocks the goroutine or the thread.
    pub fn wait(&self) {
        loop {
            let mut state = self.state.0.lock();
            if state.count == 0 {
                return;
            }
            let Some(mut here) = Here::try_now() else {
                drop(state);
                Here::settle();
                continue;
            };
            state.waiters.push(here.waker());
            drop(state);
            here.park(Wait::Group);
            return;
        }
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").field("count", &self.state.0.lock().count).finish()
    }
}
