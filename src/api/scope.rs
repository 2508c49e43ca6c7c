//! Goroutines that borrow (std's `thread::scope`).
//!
//! A scope waits for its children before it returns, whatever happens. A child comes to its end, or its
//! runtime ends and the child is at rest for ever: in both cases it touches nothing that it borrowed any
//! more. The handle of a goroutine tells both ([`JoinHandle::join`]), so a scope joins them all.

use std::any::Any;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::Runtime;
use super::calls::current_sched;
use super::join::{JoinHandle, RuntimeEnded, drop_result, start_at};
use super::unwound::{Exited, tell_of};
use crate::base::rank::Rank;
use crate::facade::owns_panics;
use crate::proto::lock::Lock;
use crate::sched::g::GClass;
use crate::sched::here::Here;
use crate::sched::marks;
use crate::sched::schedt::SchedRef;

type Panic = Box<dyn Any + Send>;

/// Where goroutines can be started that borrow: see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    sched: SchedRef,
    shared: Arc<Shared>,
    /// Both lifetimes must stay as they are, as std's.
    lives: PhantomData<&'scope mut &'scope ()>,
    borrows: PhantomData<&'env mut &'env ()>,
}

/// What the children of a scope know of it.
struct Shared {
    children: Lock<Children>,
}

struct Children {
    handles: Vec<JoinHandle<()>>,
    /// When there are so many, those that have ended are taken out.
    tidy_at: usize,
    /// Whether a child panicked whose handle nobody joined.
    has_panicked: bool,
}

const TIDY_AT: usize = 64;

/// A handle to a goroutine of a [`Scope`].
///
/// Dropping it does not wait: the scope waits for its goroutine.
pub struct ScopedJoinHandle<'scope, T> {
    handle: JoinHandle<()>,
    packet: Arc<Packet<T>>,
    scope: PhantomData<&'scope ()>,
}

/// The result of a child, until it is joined.
struct Packet<T> {
    result: Lock<Option<Result<T, Panic>>>,
    shared: Arc<Shared>,
}

/// Runs `f`, which can start goroutines that borrow, and waits until they have all ended (std's
/// [`std::thread::scope`]).
///
/// The goroutines belong to the runtime of the calling goroutine. On an ordinary thread use
/// [`Runtime::scope`](crate::Runtime::scope).
///
/// May wait: a [switch point](crate#switch-points).
///
/// If the runtime ends meanwhile, the scope still returns only when none of its goroutines can touch what
/// it borrowed: those that wait never run again, and the scope waits for those that compute until their
/// next call that may wait.
///
/// # Panics
///
/// - If one of the goroutines panicked and nobody joined it.
/// - If `f` panics, after all goroutines have ended.
/// - If the caller is not a goroutine, or has stopped the world.
///
/// # Examples
///
/// ```
/// # // SAFETY: nothing in these goroutines knows about threads.
/// # let rt = unsafe { gosched::Runtime::builder().start()? };
/// rt.run(|| {
///     let mut numbers = vec![1, 2, 3];
///     let sum = gosched::scope(|s| {
///         let sum = s.spawn(|| numbers.iter().sum::<i32>());
///         s.spawn(|| println!("{} numbers", numbers.len()));
///         sum.join().unwrap()
///     });
///     numbers.push(sum); // nobody borrows them now
///     assert_eq!(numbers, [1, 2, 3, 6]);
/// });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    scope_in(current_sched("scope"), f)
}

/// Like [`scope`], in this runtime.
#[track_caller]
pub(super) fn scope_in<'env, F, T>(sched: SchedRef, f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    assert!(
        !marks::stops_here(),
        "gosched: the goroutines of a scope would never end while the world is stopped; move it out of the \
         closure of stop_the_world"
    );
    drop(Here::arrive());
    let children = Children { handles: Vec::new(), tidy_at: TIDY_AT, has_panicked: false };
    let shared = Arc::new(Shared { children: Lock::new(Rank::Scope, children) });
    let scope = Scope { sched, shared, lives: PhantomData, borrows: PhantomData };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.shared.join_all();
    match result {
        Err(panic) => resume_unwind(panic),
        Ok(_) if scope.shared.children.lock().has_panicked => {
            panic!("gosched: a goroutine of a scope panicked")
        }
        Ok(value) => value,
    }
}

impl Shared {
    /// Waits for all children, those that are started meanwhile too. It never unwinds past a child that may
    /// run: a wait is refused only in a stopped world, where no scope begins, and in a child process of fork,
    /// which has none of their threads.
    #[track_caller]
    fn join_all(&self) {
        loop {
            let next = self.children.lock().handles.pop();
            let Some(child) = next else { return };
            child.wait_until_finished();
        }
    }

    fn add(&self, child: JoinHandle<()>) {
        let mut children = self.children.lock();
        children.handles.push(child);
        if children.handles.len() >= children.tidy_at {
            children.handles.retain(|child| !child.is_finished());
            children.tidy_at = TIDY_AT.max(2 * children.handles.len());
        }
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a goroutine that may borrow what outlives the scope, and returns a handle to wait for it.
    ///
    /// May wait: a [switch point](crate#switch-points), like [`go`](crate::go).
    ///
    /// # Panics
    ///
    /// If the kernel refuses memory for the goroutine's stack. [`try_spawn`](Self::try_spawn) returns an
    /// error instead.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        match self.try_spawn(f) {
            Ok(handle) => handle,
            Err(error) => panic!("gosched: cannot start a goroutine: {error}"),
        }
    }

    /// Like [`spawn`](Self::spawn), but returns an error if there is no memory for the goroutine's stack.
    ///
    /// May wait: a [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// If the kernel refuses memory.
    #[track_caller]
    pub fn try_spawn<F, T>(&'scope self, f: F) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let packet =
            Arc::new(Packet { result: Lock::new(Rank::Packet, None), shared: self.shared.clone() });
        let theirs = packet.clone();
        let body: Box<dyn FnOnce() + Send + 'scope> = Box::new(move || {
            let result = match catch_unwind(AssertUnwindSafe(f)) {
                Err(panic) if owns_panics() && !panic.is::<Exited>() => resume_unwind(panic),
                Err(panic) => {
                    tell_of(&*panic);
                    Err(panic)
                }
                result => result,
            };
            *theirs.result.lock() = Some(result);
            drop_result(theirs);
        });
        // SAFETY: the scope joins the goroutine before `'scope` ends, whatever happens: then it has ended, or
        //         is at rest for ever.
        let body: Box<dyn FnOnce() + Send + 'static> = unsafe { core::mem::transmute(body) };
        let handle = start_at(self.sched, GClass::Normal, Location::caller(), body)?;
        self.shared.add(handle.second());
        Ok(ScopedJoinHandle { handle, packet, scope: PhantomData })
    }
}

impl<T> Drop for Packet<T> {
    fn drop(&mut self) {
        let result = self.result.lock().take();
        if let Some(Err(panic)) = &result
            && !panic.is::<Exited>()
        {
            self.shared.children.lock().has_panicked = true;
        }
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the goroutine has ended, and returns its result.
    ///
    /// May wait: a [switch point](crate#switch-points). On an ordinary thread it blocks the thread.
    ///
    /// # Errors
    ///
    /// As [`JoinHandle::join`].
    #[track_caller]
    pub fn join(self) -> Result<T, Panic> {
        self.handle.wait_until_finished();
        self.packet.result.lock().take().unwrap_or_else(|| Err(Box::new(RuntimeEnded)))
    }

    /// Returns whether the goroutine has ended. Does not wait.
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Scope { .. }")
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("is_finished", &self.is_finished()).finish()
    }
}

impl Runtime {
    /// Runs `f` on this thread; it can start goroutines of this runtime that borrow, and this call waits
    /// until they have all ended. See [`scope`].
    ///
    /// May wait: a [switch point](crate#switch-points) if a goroutine calls it. On an ordinary thread it
    /// blocks the thread, and does not look for deadlocks as [`run`](Self::run) does.
    ///
    /// # Panics
    ///
    /// As [`scope`].
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let words = ["to", "borrow"];
    /// let len = rt.scope(|s| s.spawn(|| words.concat().len()).join().unwrap());
    /// assert_eq!(len, 8);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn scope<'env, F, T>(&self, f: F) -> T
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
    {
        scope_in(self.sched(), f)
    }
}
