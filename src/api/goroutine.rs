//! Goroutines with a name and labels, for the texts that people read.
//!
//! Reports name a goroutine by its number and by where it was started. [`Builder`] starts goroutines that have a
//! name as well, and labels: keys with values, such as the user that a request came from. A goroutine inherits
//! the labels of the one that starts it, if both are of the same runtime, and not its name. Labels are shared,
//! not copied.
//!
//! Names and labels are in the deadlock report, in the message of a stack overflow (the name only), in the
//! list of the goroutines that a shutdown waits for, and in [`GoroutineInfo`](crate::GoroutineInfo). If
//! a goroutine that has a name panics, a line on stderr after the panic's message says which one it was.
//!
//! # Examples
//!
//! ```
//! # // SAFETY: nothing in these goroutines knows about threads.
//! # let rt = unsafe { gosched::Runtime::builder().start()? };
//! use gosched::goroutine::Builder;
//!
//! let line = rt.run(|| {
//!     let fetch = Builder::new().name("fetch").label("user", "anna");
//!     fetch.go(|| {
//!         // It has the label, and no name.
//!         let child = gosched::go(|| gosched::stop_the_world(|world| {
//!             world.goroutines().last().map(|g| g.to_string())
//!         }));
//!         child.join().unwrap()
//!     })
//!     .join()
//!     .unwrap()
//! });
//! assert!(line.unwrap().contains(r#" ["user"="anna"]: "#));
//! # std::io::Result::Ok(())
//! ```

use std::borrow::Cow;
use std::io;
use std::panic::Location;
use std::sync::Arc;

use super::calls::current_sched;
use super::join::{JoinHandle, start_named};
use super::runtime::Runtime;
use crate::sched::g;
use crate::sched::schedt::SchedRef;
use crate::sched::tags::{Label, Tags};

/// Starts a goroutine with a name and labels.
///
/// The shape is that of [`std::thread::Builder`]. [`go`](Self::go) starts the goroutine in the runtime of
/// the calling one, [`go_on`](Self::go_on) in a given runtime, from any thread.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until it starts a goroutine"]
pub struct Builder {
    name: Option<Box<str>>,
    labels: Vec<Label>,
}

impl Builder {
    /// Returns a builder of a goroutine that has no name, and no labels but those that it inherits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the goroutine's name. Names need not be unique.
    ///
    /// # Panics
    ///
    /// If the name contains a NUL byte.
    #[track_caller]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(!name.contains('\0'), "gosched: the name of a goroutine holds no NUL byte");
        self.name = Some(name.into());
        self
    }

    /// Adds a label. It takes the place of a label with the same key that the goroutine would inherit, or that
    /// was added before.
    pub fn label(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// Starts a goroutine that runs `f`, like [`gosched::go`](crate::go).
    ///
    /// May wait: a [switch point](crate#switch-points), like [`gosched::go`](crate::go).
    ///
    /// # Panics
    ///
    /// Like [`gosched::go`](crate::go). On an ordinary thread use [`go_on`](Self::go_on).
    #[track_caller]
    pub fn go<F, T>(self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        expect(self.start(current_sched("goroutine::Builder::go"), f))
    }

    /// Like [`go`](Self::go), but returns an error if there is no memory for the goroutine's stack.
    ///
    /// May wait: a [switch point](crate#switch-points), like [`gosched::go`](crate::go).
    ///
    /// # Errors
    ///
    /// Like [`gosched::try_go`](crate::try_go).
    ///
    /// # Panics
    ///
    /// Like [`gosched::try_go`](crate::try_go).
    #[track_caller]
    pub fn try_go<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.start(current_sched("goroutine::Builder::try_go"), f)
    }

    /// Starts a goroutine of `runtime` that runs `f`, like [`Runtime::go`]. May be called from any thread.
    ///
    /// In a goroutine it may wait: a [switch point](crate#switch-points). On an ordinary thread it does not
    /// wait.
    ///
    /// # Panics
    ///
    /// Like [`Runtime::go`].
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// use gosched::goroutine::{self, Builder};
    ///
    /// let named = Builder::new().name("writer").go_on(&rt, goroutine::name);
    /// assert_eq!(named.join().unwrap().as_deref(), Some("writer"));
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn go_on<F, T>(self, runtime: &Runtime, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        expect(self.start(runtime.sched(), f))
    }

    /// Like [`go_on`](Self::go_on), but returns an error if there is no memory for the goroutine's stack.
    ///
    /// In a goroutine it may wait: a [switch point](crate#switch-points).
    ///
    /// # Errors
    ///
    /// Like [`Runtime::try_go`].
    ///
    /// # Panics
    ///
    /// Like [`Runtime::try_go`].
    #[track_caller]
    pub fn try_go_on<F, T>(self, runtime: &Runtime, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.start(runtime.sched(), f)
    }

    #[track_caller]
    fn start<F, T>(self, sched: SchedRef, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let tags = Tags::new(self.name, self.labels, inherited(sched).as_ref());
        start_named(sched, Location::caller(), tags.as_ref(), f)
    }
}

#[track_caller]
fn expect<T>(started: io::Result<JoinHandle<T>>) -> JoinHandle<T> {
    match started {
        Ok(handle) => handle,
        Err(error) => panic!("gosched: cannot start a goroutine: {error}"),
    }
}

/// What a goroutine of `sched` inherits that is started here.
fn inherited(sched: SchedRef) -> Option<Arc<Tags>> {
    let maker = g::current().map(g::header)?;
    (maker.sched == sched && maker.tags.is_some()).then(|| maker.tags.get(&sched.tags))?
}

/// Returns the number of the calling goroutine, or `None` on an ordinary thread. No other goroutine of the same
/// runtime has this number, also not later. Does not wait.
pub fn id() -> Option<u64> {
    g::current().map(|g| g::header(g).id())
}

/// Returns the name of the calling goroutine. `None` if it has none, or on an ordinary thread. Does not wait.
///
/// A panic hook may call it, to name the goroutine that panics.
pub fn name() -> Option<String> {
    let header = g::current().map(g::header)?;
    header.tags.own()?.name().map(str::to_owned)
}
