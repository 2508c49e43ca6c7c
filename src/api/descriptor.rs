//! A descriptor whose operations wait as goroutines wait: try first, and wait for the kernel's word only if
//! it refuses.

use core::panic::Location;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::registration::Registration;
pub(super) use self::source::Source;
use super::deadline::{after, at};
use crate::facade::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use crate::proto::note::Sleep;
use crate::proto::pollsema::Look;
use crate::proto::timers::NEVER;
use crate::sched::blocking::blocking;
use crate::sched::here::Here;
use crate::sched::pd::Way;
use crate::sched::{polled, virtually};

mod registration;
mod source;

/// What is left after an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing: the kernel will say when there is more.
    Nothing,
    Unknown,
}

impl Rest {
    /// After a stream took or gave `n` of `wanted` bytes. At its end there is nothing to wait for.
    pub(super) fn of_stream(n: usize, wanted: usize) -> Self {
        if n > 0 && n < wanted { Self::Nothing } else { Self::Unknown }
    }
}

/// What is set for a descriptor and for all that were cloned from it.
pub(super) struct Options {
    /// How long an operation waits, in nanoseconds; `NONE` is for ever.
    input_ns: AtomicUsize,
    output_ns: AtomicUsize,
    /// When operations end at the latest, in nanoseconds of the clock of who set it; `NONE` is never.
    input_end: AtomicUsize,
    output_end: AtomicUsize,
    /// Whether the user wants refusals, and no waiting.
    is_nonblocking: AtomicU32,
    /// Whether the listener was closed.
    is_closed: AtomicU32,
    /// Whether a clone was given away, whose calls block: the kernel has one such mark for all clones.
    may_block: AtomicU32,
}

const NONE: usize = usize::MAX;

/// How an operation has waited since it was tried last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waited {
    NotYet,
    /// In the runtime, which counts the kernel's words.
    ForEvents,
    /// By asking the kernel, whose word may be counted later or, where no runtime takes it, never.
    WithThread,
    /// Until its time was up.
    TooLong,
}

impl Waited {
    fn by(slept: Sleep, how: Self) -> Self {
        if slept == Sleep::TimedOut { Self::TooLong } else { how }
    }
}

impl Options {
    fn new() -> Self {
        Self {
            input_ns: AtomicUsize::new(NONE),
            output_ns: AtomicUsize::new(NONE),
            input_end: AtomicUsize::new(NONE),
            output_end: AtomicUsize::new(NONE),
            is_nonblocking: AtomicU32::new(0),
            is_closed: AtomicU32::new(0),
            may_block: AtomicU32::new(0),
        }
    }

    fn timeout_ns(&self, way: Way) -> &AtomicUsize {
        match way {
            Way::Input => &self.input_ns,
            Way::Output => &self.output_ns,
        }
    }

    fn end(&self, way: Way) -> &AtomicUsize {
        match way {
            Way::Input => &self.input_end,
            Way::Output => &self.output_end,
        }
    }
}

/// A descriptor. What it owns is closed when it goes.
pub(super) struct Descriptor<T> {
    /// Goes first.
    registration: Registration,
    options: Arc<Options>,
    pub(super) inner: T,
}

fn is_past() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "the deadline has passed")
}

impl<T: Source> Descriptor<T> {
    /// One whose calls do not block by now.
    pub(super) fn new(inner: T) -> Self {
        let registration = Registration::new(inner.number());
        Self { registration, options: Arc::new(Options::new()), inner }
    }

    /// One whose calls may still block. If the kernel refuses to change that, they do.
    pub(super) fn from_blocking(inner: T) -> Self {
        // What refuses this is no socket, and its operations say so.
        let _ = inner.set_nonblocking(true);
        Self::new(inner)
    }

    /// What it owns, whose calls block as they do in std.
    #[track_caller]
    pub(super) fn into_blocking(self) -> T {
        if self.waits() {
            // Relaxed: as of an option; a clone that does not see it yet blocks a thread.
            self.options.may_block.store(1, Relaxed);
            // As above.
            let _ = self.inner.set_nonblocking(false);
        }
        self.inner
    }

    /// Another descriptor of the same thing, with the same options.
    pub(super) fn try_clone(&self, dup: impl FnOnce(&T) -> io::Result<T>) -> io::Result<Self> {
        let inner = dup(&self.inner)?;
        let registration = Registration::new(inner.number());
        Ok(Self { registration, options: self.options.clone(), inner })
    }

    pub(super) fn set_nonblocking(&self, is_on: bool) {
        // Relaxed: an option, for operations that begin later.
        self.options.is_nonblocking.store(is_on.into(), Relaxed);
    }

    pub(super) fn set_timeout(&self, way: Way, timeout: Option<Duration>) -> io::Result<()> {
        if timeout == Some(Duration::ZERO) {
            let message = "cannot set a 0 duration timeout";
            return Err(io::Error::new(ErrorKind::InvalidInput, message));
        }
        let ns = timeout.map_or(NONE, |d| usize::try_from(d.as_nanos()).unwrap_or(NONE - 1));
        // Relaxed: as above.
        self.options.timeout_ns(way).store(ns, Relaxed);
        Ok(())
    }

    pub(super) fn timeout(&self, way: Way) -> Option<Duration> {
        // Relaxed: as above.
        let ns = self.options.timeout_ns(way).load(Relaxed);
        (ns != NONE).then(|| Duration::from_nanos(ns as u64))
    }

    pub(super) fn set_deadline(&self, way: Way, deadline: Option<Instant>) {
        let ns = deadline.map_or(NONE, |deadline| usize::try_from(at(deadline)).unwrap_or(NONE));
        // Relaxed: as above.
        self.options.end(way).store(ns, Relaxed);
    }

    /// When an operation that begins now ends at the latest.
    ///
    /// # Errors
    ///
    /// If that is past.
    pub(super) fn deadline(&self, way: Way) -> io::Result<Option<u64>> {
        // Relaxed: as above.
        let ns = self.options.end(way).load(Relaxed);
        if ns == NONE {
            return Ok(None);
        }
        let ns = ns as u64;
        if virtually::now_ns() < ns { Ok(Some(ns)) } else { Err(is_past()) }
    }

    /// Ends a listener, and the waits for connections.
    #[track_caller]
    pub(super) fn close(&self) {
        // Relaxed: the kernel orders what it says after this.
        self.options.is_closed.store(1, Relaxed);
        self.inner.end();
    }

    pub(super) fn is_closed(&self) -> bool {
        // Relaxed: as above.
        self.options.is_closed.load(Relaxed) != 0
    }

    /// Whether operations wait, and are not refused.
    pub(super) fn waits(&self) -> bool {
        // Relaxed: an option, for operations that begin later.
        self.options.is_nonblocking.load(Relaxed) == 0
    }

    /// Tries an operation once.
    #[track_caller]
    pub(super) fn run_now<R>(
        &self,
        way: Way,
        operate: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.inner.begin(way);
        drop(Here::arrive());
        operate(&self.inner)
    }

    /// Has the kernel tell of the descriptor from now on.
    ///
    /// # Errors
    ///
    /// The kernel's, if it refuses.
    pub(super) fn register(&self) -> io::Result<()> {
        if self.registration.is_made() { Ok(()) } else { self.registration.make() }
    }

    /// Tries an operation until it is not refused, and waits in between; up to the time-out that is set.
    #[track_caller]
    pub(super) fn run<R>(
        &self,
        way: Way,
        operate: impl FnMut(&T) -> io::Result<(R, Rest)>,
    ) -> io::Result<R> {
        self.run_within(way, self.timeout(way), operate)
    }

    /// Like [`run`](Self::run), with another time-out.
    #[track_caller]
    pub(super) fn run_within<R>(
        &self,
        way: Way,
        timeout: Option<Duration>,
        mut operate: impl FnMut(&T) -> io::Result<(R, Rest)>,
    ) -> io::Result<R> {
        self.inner.begin(way);
        let (mut deadline_ns, mut waited) = (None, Waited::NotYet);
        let end = self.deadline(way)?;
        loop {
            drop(Here::arrive()); // others may run first, whether or not this waits
            let look = self.registration.pd.way(way).look();
            let is_worth_it = waited == Waited::WithThread || !self.is_in_vain(way, look);
            if is_worth_it && let Some(done) = self.attempt(way, look, &mut operate) {
                return done;
            }
            let until = *deadline_ns.get_or_insert_with(|| timeout.map_or(NEVER, after));
            let first = end.unwrap_or(NEVER).min(until);
            let ripe = self.inner.ripe_ns(way);
            waited = self.wait(way, look, first.min(ripe))?;
            if waited == Waited::TooLong && first <= ripe {
                let late = if first < until {
                    is_past()
                } else {
                    io::Error::from_raw_os_error(libc::EAGAIN)
                };
                let late = Err(late);
                // It may be ready, and nobody has taken the kernel's word yet.
                return self.attempt(way, look, &mut operate).unwrap_or(late);
            }
        }
    }

    /// Whether the kernel would refuse an operation, and tells when it would not. A virtual clock does not wait
    /// for its word.
    fn is_in_vain(&self, way: Way, look: Look) -> bool {
        self.registration.is_made()
            && self.waits()
            && self.registration.pd.way(way).is_known_empty(look)
            && virtually::here().is_none()
    }

    /// Tries an operation. `None` if it has to wait.
    fn attempt<R>(
        &self,
        way: Way,
        look: Look,
        operate: impl FnOnce(&T) -> io::Result<(R, Rest)>,
    ) -> Option<io::Result<R>> {
        let is_told = self.registration.is_made();
        // Relaxed: as above.
        let tried = if self.options.may_block.load(Relaxed) == 0 {
            operate(&self.inner)
        } else {
            self.operate_if_ready(way, operate)
        };
        let is_refused = matches!(&tried, Err(error) if error.kind() == ErrorKind::WouldBlock);
        if is_told && (is_refused || matches!(tried, Ok((_, Rest::Nothing)))) {
            self.registration.pd.way(way).note_empty(look);
        }
        if is_refused && self.waits() { None } else { Some(tried.map(|(result, _)| result)) }
    }

    /// Tries an operation that may block, if it most likely does not.
    #[cold]
    fn operate_if_ready<R>(
        &self,
        way: Way,
        operate: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        if self.inner.block(way, 0)? == Sleep::TimedOut {
            return Err(ErrorKind::WouldBlock.into());
        }
        blocking(|| operate(&self.inner))
    }

    /// Waits until it is worth trying again.
    ///
    /// If the kernel is only now asked to tell, it tells at once of what is there: nothing is missed that came
    /// since the look.
    #[track_caller]
    fn wait(&self, way: Way, look: Look, deadline_ns: u64) -> io::Result<Waited> {
        if polled::can_park() {
            match self.register() {
                Ok(()) => {
                    let pd = self.registration.pd;
                    let slept = polled::park(pd, way, look, deadline_ns, Location::caller());
                    return Ok(Waited::by(slept, Waited::ForEvents));
                }
                // Another value has asked for the same descriptor.
                Err(error) if error.raw_os_error() == Some(libc::EEXIST) => {}
                Err(error) => polled::say_unheard(&error),
            }
        }
        let slept = blocking(|| self.inner.block(way, deadline_ns))?;
        Ok(Waited::by(slept, Waited::WithThread))
    }
}
