//! Waiting for a change of what a mutex guards.

use core::mem::ManuallyDrop;
use core::panic::Location;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::LockResult;
use std::time::Duration;

use super::mutex::MutexGuard;
use super::poison::poison;
use crate::api::deadline::after;
use crate::facade::const_if_real;
use crate::facade::news::Call;
use crate::proto::claim::Claim;
use crate::proto::condvar;
use crate::proto::note::Sleep;
use crate::proto::tickets::Ticket;
use crate::proto::waitq::{Waiter, Withdrawn};
use crate::sched::g::Waker;
use crate::sched::here::Here;
use crate::sched::step::step;
use crate::sched::wait::{Abandon, Wait};

/// The case of a claim that a notifier wins.
const NOTIFIED: u32 = 0;

/// A condition variable like [`std::sync::Condvar`] that blocks the goroutine instead of its thread, for
/// the [`Mutex`](super::Mutex) of this module.
///
/// A goroutine that holds a mutex and finds the data not as it wants it calls [`wait`](Self::wait), which
/// frees the mutex and waits for a notification. Those who wait are woken in the order in which they came. A
/// notification that is given while nobody waits is not kept. No wait ends without a notification; but the
/// data may have changed again by the time the mutex is taken, so look again, or use
/// [`wait_while`](Self::wait_while).
///
/// Guards of different mutexes may wait at one condition variable. Each is woken in its turn, and takes its
/// own mutex again. (std's may panic.)
///
/// [`Condvar::new`] is `const`, so a condition variable may be a `static`.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// use gosched::sync::{Condvar, Mutex};
/// use std::sync::Arc;
///
/// let pair = Arc::new((Mutex::new(false), Condvar::new()));
/// let other = pair.clone();
/// rt.go(move || {
///     let (started, condvar) = &*other;
///     *started.lock().unwrap() = true;
///     condvar.notify_one();
/// });
/// let (started, condvar) = &*pair;
/// let guard = condvar.wait_while(started.lock().unwrap(), |started| !*started).unwrap();
/// assert!(*guard);
/// # std::io::Result::Ok(())
/// ```
pub struct Condvar {
    waiters: condvar::Condvar<Waker>,
}

impl UnwindSafe for Condvar {}
impl RefUnwindSafe for Condvar {}

/// Whether a wait ended because its time was up.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(pub(super) bool);

impl WaitTimeoutResult {
    /// Returns whether the time was up.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

const WAIT: Call = Call::new("wait on", "condvar");
const NOTIFY_ONE: Call = Call::new("notify one at", "condvar");
const NOTIFY_ALL: Call = Call::new("notify all at", "condvar");

impl Condvar {
    const_if_real! {
        /// Creates a condition variable at which nobody waits.
        pub fn new() -> Self {
            Self { waiters: condvar::Condvar::new() }
        }
    }

    /// Frees the mutex, waits for a notification, and takes the mutex again.
    ///
    /// The caller waits from the moment at which the mutex is free. So it does not miss a notification by
    /// somebody who has locked the mutex after this call freed it.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when the call returns: the error contains the guard.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (guard, _) = self.sleep(guard, None);
        let is_poisoned = MutexGuard::mutex(&guard).is_poisoned();
        poison(guard, is_poisoned)
    }

    /// Waits for notifications as long as the condition is true of the data. If it is false at once, does
    /// not wait.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned after a wait: the error contains the guard.
    #[track_caller]
    pub fn wait_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Like [`wait`](Self::wait), but waits no longer than `timeout` for a notification. It may take longer
    /// until the mutex is free.
    ///
    /// If the result says that the time was up, this call has used up no notification: one that came at the
    /// same moment went to another waiter.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when the call returns: the error contains the guard and the result.
    #[track_caller]
    pub fn wait_timeout<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        self.wait_until(guard, after(timeout))
    }

    /// Waits for notifications as long as the condition is true of the data, but no longer than `timeout`
    /// in all. The result says that the time is up only if the condition is still true then.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned after a wait: the error contains the guard and the result.
    ///
    /// # Examples
    ///
    /// ```
    /// use gosched::sync::{Condvar, Mutex};
    /// use std::time::Duration;
    ///
    /// let (ready, condvar) = (Mutex::new(false), Condvar::new());
    /// let timeout = Duration::from_millis(1);
    /// let guard = ready.lock().unwrap();
    /// let (guard, result) = condvar.wait_timeout_while(guard, timeout, |ready| !*ready).unwrap();
    /// assert!(result.timed_out() && !*guard);
    /// ```
    #[track_caller]
    pub fn wait_timeout_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let deadline_ns = after(timeout);
        let mut result = WaitTimeoutResult(false);
        while condition(&mut *guard) {
            if result.timed_out() {
                return Ok((guard, result));
            }
            (guard, result) = self.wait_until(guard, deadline_ns)?;
        }
        Ok((guard, WaitTimeoutResult(false)))
    }

    #[track_caller]
    fn wait_until<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline_ns: u64,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (guard, slept) = self.sleep(guard, Some(deadline_ns));
        let is_poisoned = MutexGuard::mutex(&guard).is_poisoned();
        poison((guard, WaitTimeoutResult(slept == Sleep::TimedOut)), is_poisoned)
    }

    /// Frees the mutex, waits for a notification or until `deadline_ns`, and takes the mutex again.
    #[track_caller]
    fn sleep<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline_ns: Option<u64>,
    ) -> (MutexGuard<'a, T>, Sleep) {
        step(WAIT, &raw const self.waiters);
        let mut here = Here::arrive();
        if let Some(refusal) = here.refusal() {
            refusal.panic();
        }
        let claim = Claim::new();
        let mut waiter = match deadline_ns {
            Some(_) => Waiter::claimed(Ticket::NONE, here.waker(), &claim, NOTIFIED),
            None => Waiter::new(Ticket::NONE, here.waker()),
        };
        // SAFETY: the node stays here until its waker was used, or it was withdrawn below, or for ever.
        unsafe { self.waiters.queue(&mut waiter) };
        // It stays what it is until the mutex is its again.
        let guard = ManuallyDrop::new(guard);
        let mutex = MutexGuard::mutex(&guard);
        mutex.free(|waker| here.wake(waker));
        let until = deadline_ns.map(|deadline_ns| (deadline_ns, &claim));
        let slept = self.park(&mut here, until, &waiter);
        mutex.take(&mut here);
        (ManuallyDrop::into_inner(guard), slept)
    }

    #[track_caller]
    fn park(
        &self,
        here: &mut Here,
        until: Option<(u64, &Claim)>,
        waiter: &Waiter<Ticket, Waker>,
    ) -> Sleep {
        let wait = ForNotice { waiters: &self.waiters, waiter };
        let (why, at) = (Wait::Condvar, Location::caller());
        let Some((deadline_ns, claim)) = until else {
            here.park(why, at, &wait);
            return Sleep::Woken;
        };
        let slept = here.park_until(deadline_ns, claim, (why, at), &wait);
        if slept == Sleep::TimedOut {
            // The clock won, so nobody has notified it.
            let _ = self.waiters.withdraw(waiter);
        }
        slept
    }

    /// Wakes the one that has waited longest, if anybody waits. Does not wait.
    #[track_caller]
    pub fn notify_one(&self) {
        step(NOTIFY_ONE, &raw const self.waiters);
        self.waiters.notify_one(Waker::wake);
    }

    /// Wakes all that wait now. Does not wait.
    #[track_caller]
    pub fn notify_all(&self) {
        step(NOTIFY_ALL, &raw const self.waiters);
        self.waiters.notify_all(Waker::wake);
    }
}

/// A wait for a notification. If the waiter will never run again, a notification that was for it alone goes
/// to the next.
struct ForNotice<'a> {
    waiters: &'a condvar::Condvar<Waker>,
    waiter: &'a Waiter<Ticket, Waker>,
}

impl Abandon for ForNotice<'_> {
    fn abandon(&self) {
        match self.waiters.withdraw(self.waiter) {
            Withdrawn::Queued(waker) => waker.abandon(),
            Withdrawn::WasWoken(ticket) if ticket.is_alone => self.waiters.notify_one(Waker::wake),
            Withdrawn::WasWoken(_) | Withdrawn::Already => {}
        }
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
