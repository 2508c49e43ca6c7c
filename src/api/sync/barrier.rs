//! A point at which a number of goroutines and threads meet.

use core::panic::Location;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::base::rank::Rank;
use crate::facade::const_if_real;
use crate::facade::news::Call;
use crate::proto::lock::Lock;
use crate::proto::tickets::{Ticket, Tickets, wake_below};
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::step::step;
use crate::sched::wait::{Abandon, Wait};

/// A point at which a number of goroutines and threads meet, like [`std::sync::Barrier`]; who waits
/// blocks the goroutine instead of its thread.
///
/// When the last has come, all continue, and the barrier can be used again. [`Barrier::new`] is `const`,
/// so a barrier may be a `static`. A goroutine that waits while its runtime ends is not counted any more.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::sync::Barrier;
/// use std::sync::Arc;
///
/// let barrier = Arc::new(Barrier::new(5));
/// let all: Vec<_> = (0..5)
///     .map(|_| {
///         let barrier = barrier.clone();
///         rt.go(move || barrier.wait().is_leader())
///     })
///     .collect();
/// let leaders = all.into_iter().filter_map(|one| one.join().ok()).filter(|&leads| leads).count();
/// assert_eq!(leaders, 1);
/// # std::io::Result::Ok(())
/// ```
pub struct Barrier {
    /// How many meet.
    n: usize,
    state: Lock<State>,
}

impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

struct State {
    /// How many have come since all last met.
    come: usize,
    tickets: Tickets<Waker>,
}

/// Whether a caller was the last at a [`Barrier`].
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Returns whether the caller is the leader: one of those who met is, the one that came last.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    const_if_real! {
        /// Creates a barrier at which `n` meet. A barrier of 0 is like one of 1: nobody waits there.
        pub fn new(n: usize) -> Self {
            Self { n, state: Lock::new(Rank::Barrier, State { come: 0, tickets: Tickets::new() }) }
        }
    }

    /// Waits until `n` callers have come.
    ///
    /// May wait: a [switch point](crate#switch-points), also for the last that comes. On an ordinary
    /// thread it blocks the thread.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        step(Call::new("wait at", "barrier"), &raw const self.state);
        let mut here = Here::arrive();
        let mut state = self.state.lock();
        if state.come + 1 >= self.n {
            state.come = 0;
            let all = state.tickets.now();
            drop(state);
            wake_below(&self.state, |state| &mut state.tickets, all, |waker| here.wake(waker));
            return BarrierWaitResult(true);
        }
        if let Some(refusal) = here.refusal() {
            drop(state);
            refusal.panic();
        }
        state.come += 1;
        let mut waiter = Waiter::new(Ticket::NONE, here.waker());
        // SAFETY: the node stays here until this goroutine or thread was woken, or for ever.
        unsafe { state.tickets.push(&mut waiter) };
        drop(state);
        let wait = ForAll { state: &self.state, waiter: &waiter };
        here.park(Wait::Barrier, Location::caller(), &wait);
        BarrierWaitResult(false)
    }
}

/// A wait for all others. A waiter that will never run again has not come.
struct ForAll<'a> {
    state: &'a Lock<State>,
    waiter: &'a Waiter<Ticket, Waker>,
}

impl Abandon for ForAll<'_> {
    fn abandon(&self) {
        let mut state = self.state.lock();
        if let Withdrawn::Queued(waker) = state.tickets.withdraw(self.waiter) {
            state.come -= 1;
            drop(state);
            waker.abandon();
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.is_leader()).finish()
    }
}
