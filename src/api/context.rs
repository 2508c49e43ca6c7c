//! Cancellation: a tree of contexts (Go's `context`).
//!
//! A [`Context`] is handed to everything that works on one request. Cancelling it tells all of that to
//! stop, and all contexts made from it. Nothing is stopped by force: a goroutine looks at
//! [`Context::error`] where it computes, or waits for [`Context::done`].
//!
//! # Waiting for something else until cancelled
//!
//! - For a channel: [`select!`](crate::chan::select) with an arm `recv(context.done())`.
//! - For a permit: a bounded channel of permits, in a `select!`, in place of a
//!   [`Semaphore`](crate::sync::Semaphore).
//! - For a condition: nobody tells a [`Condvar`](crate::sync::Condvar) of a cancellation. Have a function of
//!   [`Context::after_func`] lock the mutex and call `notify_all`; and have the condition look at
//!   [`Context::error`].
//! - For a socket: `shutdown` in a function of [`Context::after_func`].
//!
//! # Examples
//!
//! ```
//! # // SAFETY: nothing in these goroutines knows about threads.
//! # let rt = unsafe { gosched::Runtime::builder().start()? };
//! use gosched::context::{Context, Error};
//! use gosched::time::Duration;
//!
//! rt.run(|| {
//!     let request = Context::new().with_timeout(Duration::from_millis(5));
//!     let work = {
//!         let part = request.child();
//!         gosched::go(move || {
//!             while part.error().is_none() {
//!                 gosched::yield_now(); // a step of the work
//!             }
//!         })
//!     };
//!     work.join().unwrap();
//!     assert_eq!(request.error(), Some(Error::DeadlineExceeded));
//! });
//! # std::io::Result::Ok(())
//! ```

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::api::calls::current_sched;
use crate::base::rank::Rank;
use crate::chan::{self, Receiver, Sender};
use crate::proto::lock::Lock;
use crate::time::{Timer, after_func, now, unset_func};

/// Something to be told when to stop. Clones are the same context.
///
/// Keep a context for as long as it is needed, and give clones or [children](Self::child) of it to goroutines.
/// When the last handle to it, and to all that were made from it, has been dropped, nothing can cancel it any
/// more: its deadline is forgotten, and its [`done`](Self::done) is disconnected as if it was cancelled.
#[derive(Clone)]
pub struct Context {
    node: Arc<Node>,
}

impl UnwindSafe for Context {}
impl RefUnwindSafe for Context {}

/// Why a context is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// [`Context::cancel`] was called, of this context or of one that it was made from.
    Cancelled,
    /// Its deadline has passed, or that of one that it was made from.
    DeadlineExceeded,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cancelled => "the context was cancelled",
            Self::DeadlineExceeded => "the deadline of the context has passed",
        })
    }
}

impl std::error::Error for Error {}

struct Node {
    /// The earliest deadline from here up to the root.
    deadline: Option<Instant>,
    /// Disconnected once it is cancelled.
    done: Receiver<()>,
    state: Lock<State>,
    /// Keeps the contexts above alive, whose timers cancel this one too.
    parent: Option<Context>,
}

struct State {
    error: Option<Error>,
    /// Dropped to tell those who wait for `done`.
    tell: Option<Sender<()>>,
    children: Vec<Weak<Node>>,
    /// When there are so many children, those that are gone are taken out.
    tidy_at: usize,
    timer: Option<Timer>,
    /// What runs once it is cancelled, by number.
    after: Vec<(u64, Timer)>,
    next_after: u64,
}

/// A function that runs once a context is cancelled: [`Context::after_func`]. Keeps the context; dropping it
/// does not stop the function.
pub struct AfterFunc {
    context: Context,
    number: u64,
}

impl AfterFunc {
    /// Stops the function. Returns whether it had not been started; then it never is. Does not wait: a function
    /// that was started may still run.
    pub fn stop(&self) -> bool {
        let mut state = self.context.node.state.lock();
        let at = state.after.iter().position(|&(number, _)| number == self.number);
        let stopped = at.map(|at| state.after.swap_remove(at));
        drop(state); // what the function owns is dropped without the lock
        stopped.is_some()
    }
}

impl fmt::Debug for AfterFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AfterFunc").field("context", &self.context).finish_non_exhaustive()
    }
}

const TIDY_AT: usize = 32;

impl Context {
    /// Makes a context that is not cancelled and has no deadline (Go's `context.WithCancel` of the
    /// background).
    pub fn new() -> Self {
        Self::below(None, None)
    }

    /// Makes a context that is cancelled when this one is. Cancelling it does not cancel this one. Does not
    /// wait.
    #[must_use]
    pub fn child(&self) -> Self {
        Self::below(Some(self), self.node.deadline)
    }

    /// Makes a child that is cancelled at a deadline, if it was not before (Go's `context.WithDeadline`). A
    /// deadline that is past cancels it at once. Does not wait.
    ///
    /// # Panics
    ///
    /// If the caller is not a goroutine: a timer belongs to a runtime.
    #[must_use]
    #[track_caller]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        if self.node.deadline.is_some_and(|earlier| earlier <= deadline) {
            return self.child();
        }
        let child = Self::below(Some(self), Some(deadline));
        let node = Arc::downgrade(&child.node);
        let expire = move || {
            if let Some(node) = node.upgrade() {
                cancel(node, Error::DeadlineExceeded);
            }
        };
        let _ = current_sched("Context::with_deadline");
        let left = deadline.saturating_duration_since(now());
        if left.is_zero() {
            expire();
            return child;
        }
        let timer = after_func(left, expire);
        child.node.state.lock().timer = Some(timer);
        child
    }

    /// Like [`with_deadline`](Self::with_deadline), a duration from now (Go's `context.WithTimeout`). A
    /// duration that is too long for an instant sets no deadline.
    ///
    /// # Panics
    ///
    /// As [`with_deadline`](Self::with_deadline).
    #[must_use]
    #[track_caller]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        match now().checked_add(timeout) {
            Some(deadline) => self.with_deadline(deadline),
            None => self.child(),
        }
    }

    fn below(parent: Option<&Self>, deadline: Option<Instant>) -> Self {
        let (tell, done) = chan::bounded(0);
        let state = State {
            error: None,
            tell: Some(tell),
            children: Vec::new(),
            tidy_at: TIDY_AT,
            timer: None,
            after: Vec::new(),
            next_after: 0,
        };
        let state = Lock::new(Rank::Context, state);
        let node = Arc::new(Node { deadline, done, state, parent: parent.cloned() });
        if let Some(error) = parent.and_then(|parent| parent.adopt(&node)) {
            cancel(node.clone(), error);
        }
        Self { node }
    }

    /// Lists a child; returns why this context is cancelled, if it is.
    fn adopt(&self, child: &Arc<Node>) -> Option<Error> {
        let mut state = self.node.state.lock();
        if state.error.is_none() {
            state.children.push(Arc::downgrade(child));
            if state.children.len() >= state.tidy_at {
                state.children.retain(|child| child.strong_count() > 0);
                state.tidy_at = TIDY_AT.max(2 * state.children.len());
            }
        }
        state.error
    }

    /// Cancels this context and all that were made from it, if it was not before. Does not wait.
    pub fn cancel(&self) {
        cancel(self.node.clone(), Error::Cancelled);
    }

    /// Why the context is cancelled, or `None` if it is not. Does not wait.
    pub fn error(&self) -> Option<Error> {
        self.node.state.lock().error
    }

    /// A receiver that gets nothing, and is disconnected once the context is cancelled: its `recv` waits for
    /// that. It is disconnected too when the last handle to the context is dropped: a clone of it does not
    /// keep the context.
    pub fn done(&self) -> &Receiver<()> {
        &self.node.done
    }

    /// Starts a goroutine that runs `f` once the context is cancelled, at once if it is (Go's
    /// `context.AfterFunc`). Until then nothing runs and no goroutine waits. The goroutine is one of the
    /// caller's runtime; if that has ended by then, `f` does not run. Nor does it if the context goes, with the
    /// returned handle, without being cancelled. Does not wait.
    ///
    /// # Panics
    ///
    /// If the caller is not a goroutine.
    ///
    /// # Examples
    ///
    /// A socket's wait ends when the context is cancelled:
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// use gosched::{context::Context, net::UnixStream};
    /// use std::io::Read;
    /// use std::net::Shutdown;
    /// use std::sync::Arc;
    ///
    /// rt.run(|| {
    ///     let context = Context::new();
    ///     let (near, _far) = UnixStream::pair()?;
    ///     let near = Arc::new(near);
    ///     let closed = near.clone();
    ///     let after = context.after_func(move || drop(closed.shutdown(Shutdown::Both)));
    ///     gosched::go({
    ///         let context = context.clone();
    ///         move || context.cancel()
    ///     });
    ///     assert_eq!((&*near).read(&mut [0; 8])?, 0);
    ///     assert!(!after.stop()); // it has run
    ///     std::io::Result::Ok(())
    /// })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn after_func<F: FnOnce() + Send + 'static>(&self, f: F) -> AfterFunc {
        let f = Lock::new(Rank::Context, Some(f));
        let once = move || {
            let f = f.lock().take();
            if let Some(f) = f {
                f();
            }
        };
        let timer = unset_func(current_sched("Context::after_func"), once);
        let mut state = self.node.state.lock();
        let number = state.next_after;
        state.next_after += 1;
        state.after.push((number, timer));
        let due = state.error.map(|_| core::mem::take(&mut state.after));
        drop(state);
        due.into_iter().for_each(fire);
        AfterFunc { context: self.clone(), number }
    }

    /// The moment at which the context is cancelled at the latest, if there is one.
    pub fn deadline(&self) -> Option<Instant> {
        self.node.deadline
    }
}

/// Cancels a context and all below it, without recursion: a tree may be deep.
fn cancel(node: Arc<Node>, error: Error) {
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        let mut state = node.state.lock();
        if state.error.is_some() {
            continue;
        }
        state.error = Some(error);
        let told = (state.tell.take(), state.timer.take());
        let children = core::mem::take(&mut state.children);
        let after = core::mem::take(&mut state.after);
        drop(state);
        if let (_, Some(timer)) = &told {
            timer.stop();
        }
        drop(told); // wakes those who wait
        fire(after);
        nodes.extend(children.iter().filter_map(Weak::upgrade));
    }
}

/// Starts the goroutines of functions.
fn fire(after: Vec<(u64, Timer)>) {
    for (_, timer) in after {
        timer.reset(Duration::ZERO);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let timer = self.state.lock().timer.take();
        if let Some(timer) = timer {
            timer.stop();
        }
        // Without recursion: a tree may be deep.
        let mut parent = self.parent.take();
        while let Some(mut node) = parent.and_then(|parent| Arc::into_inner(parent.node)) {
            parent = node.parent.take();
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("error", &self.error())
            .field("deadline", &self.deadline())
            .finish()
    }
}
