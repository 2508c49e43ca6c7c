//! A function that runs once.

use core::panic::Location;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::facade::const_if_real;
use crate::facade::news::Call;
use crate::proto::once::{self, Found, Poison};
use crate::proto::tickets::Ticket;
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::{self, Here};
use crate::sched::step::step;
use crate::sched::wait::{Abandon, Wait};

/// Runs a function once, like [`std::sync::Once`]; who comes meanwhile waits, and blocks the goroutine
/// instead of its thread.
///
/// [`Once::new`] is `const`, so a `Once` may be a `static`. Once the function has run, each call is one
/// read of a word.
///
/// If the function panics, the `Once` is poisoned: [`call_once`](Self::call_once) panics from then on, and
/// [`call_once_force`](Self::call_once_force) runs its function. The same holds if the function calls
/// [`exit`](crate::exit). If its runtime ends first, the function counts as running for ever.
///
/// # Examples
///
/// ```
/// use gosched::sync::Once;
///
/// static INIT: Once = Once::new();
/// let mut times = 0;
/// for _ in 0..3 {
///     INIT.call_once(|| times += 1);
/// }
/// assert!(INIT.is_completed());
/// assert_eq!(times, 1);
/// ```
pub struct Once {
    once: once::Once<Waker>,
}

impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

/// What a function of [`Once::call_once_force`] learns of the `Once`.
pub struct OnceState {
    was_poisoned: bool,
}

impl OnceState {
    /// Returns whether an earlier function panicked.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.was_poisoned
    }
}

impl Once {
    const_if_real! {
        /// Creates a `Once` whose function has not run.
        pub fn new() -> Self {
            Self { once: once::Once::new() }
        }
    }

    /// A `Once` whose function has run.
    pub(super) fn complete() -> Self {
        Self { once: once::Once::complete() }
    }

    /// Returns whether the function has run to its end. What it did is visible then. Does not wait.
    #[inline]
    pub fn is_completed(&self) -> bool {
        self.once.is_complete()
    }

    /// Runs `f`, if no function has run to its end; if another caller runs one now, waits until that has
    /// ended. What the function did is visible when this returns.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the function has run already. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Panics
    ///
    /// - If an earlier function panicked.
    /// - If it is called inside its own function.
    #[inline]
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        if !self.is_completed() {
            self.call(Poison::Matters, |_| f());
        }
    }

    /// Like [`call_once`](Self::call_once), also if an earlier function panicked.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the function has run already. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Panics
    ///
    /// If it is called inside its own function.
    #[inline]
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        if !self.is_completed() {
            self.call(Poison::Ignored, f);
        }
    }

    /// Waits until a function has run to its end.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the function has run already. On an ordinary
    /// thread it blocks the thread.
    ///
    /// # Panics
    ///
    /// If a function panicked.
    #[inline]
    #[track_caller]
    pub fn wait(&self) {
        if !self.is_completed() {
            self.wait_slow(Poison::Matters);
        }
    }

    /// Like [`wait`](Self::wait), also if a function panicked: then waits for another one.
    ///
    /// May wait: a [switch point](crate#switch-points), unless the function has run already. On an ordinary
    /// thread it blocks the thread.
    #[inline]
    #[track_caller]
    pub fn wait_force(&self) {
        if !self.is_completed() {
            self.wait_slow(Poison::Ignored);
        }
    }

    #[cold]
    #[track_caller]
    fn wait_slow(&self, poison: Poison) {
        // SAFETY: `look` keeps the node as long as that.
        let found = self.look(|waiter| unsafe { self.once.wait(waiter, poison) });
        if found == Found::Poisoned {
            was_poisoned();
        }
    }

    #[cold]
    #[track_caller]
    fn call(&self, poison: Poison, f: impl FnOnce(&OnceState)) {
        let me = here::who();
        // SAFETY: `look` keeps the node as long as that.
        match self.look(|waiter| unsafe { self.once.begin(waiter, me, poison) }) {
            Found::Runs { was_poisoned } => self.run(was_poisoned, f),
            Found::Poisoned => was_poisoned(),
            Found::Recursion => panic!("gosched: a function that runs once called itself"),
            Found::Complete | Found::Busy => {}
        }
    }

    /// Looks, and waits as long as another runs the function. A node that `look` queues stays where it is
    /// until it was woken, or for ever.
    #[track_caller]
    fn look(&self, look: impl Fn(Option<&mut Waiter<Ticket, Waker>>) -> Found) -> Found {
        step(Call::new("run once", "once"), &raw const self.once);
        let mut here = Here::arrive();
        let refusal = here.refusal();
        loop {
            let mut waiter = Waiter::new(Ticket::NONE, here.waker());
            let found = look(refusal.is_none().then_some(&mut waiter));
            if found != Found::Busy {
                return found;
            }
            if let Some(refusal) = refusal {
                refusal.panic();
            }
            // progress: the function ends.
            let wait = ForTheEnd { once: &self.once, waiter: &waiter };
            here.park(Wait::Once, Location::caller(), &wait);
        }
    }

    fn run(&self, was_poisoned: bool, f: impl FnOnce(&OnceState)) {
        let mut ends = Ends { once: &self.once, is_complete: false };
        f(&OnceState { was_poisoned });
        ends.is_complete = true;
    }
}

#[cold]
#[track_caller]
fn was_poisoned() -> ! {
    panic!("gosched: the function of a Once panicked before")
}

/// Ends a function's run, also if it panics.
struct Ends<'a> {
    once: &'a once::Once<Waker>,
    is_complete: bool,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.once.end(self.is_complete, Waker::wake);
    }
}

/// A wait for the end of a function. All who wait are woken by it, so nothing is passed on.
struct ForTheEnd<'a> {
    once: &'a once::Once<Waker>,
    waiter: &'a Waiter<Ticket, Waker>,
}

impl Abandon for ForTheEnd<'_> {
    fn abandon(&self) {
        if let Withdrawn::Queued(waker) = self.once.withdraw(self.waiter) {
            waker.abandon();
        }
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.was_poisoned).finish_non_exhaustive()
    }
}
