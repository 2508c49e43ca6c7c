//! Configuring and starting a runtime.

use std::io;
use std::time::Duration;

use super::deadline;
use super::numbers::{check_max_threads, check_procs};
use super::runtime::Runtime;
use super::signal::Signal;
use crate::facade::{HAS_TIME, check_is_in_model, directed, owns_process};
use crate::machine::fiber::STACK_FACTOR;
use crate::proto::idle;
use crate::sched::arena::{Class, MAX_STACK, MIN_STACK};
use crate::sched::boot;
use crate::sched::schedt::{Config, Ear, Time};

/// The default size of a stack. Pages that are never touched cost nothing.
const DEFAULT_STACK: usize = 256 * 1024 * STACK_FACTOR;

/// The default time that a goroutine may compute while others wait (Go's number).
const DEFAULT_QUANTUM: Duration = Duration::from_millis(10);

/// The default limit of threads that run goroutines (Go's number).
const DEFAULT_MAX_THREADS: u32 = 10_000;

/// Configures and starts a [`Runtime`].
///
/// [`Runtime::builder`] makes one. Each method sets one value; [`start`](Self::start) starts the
/// runtime. None of the methods waits for a goroutine.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Builder {
    procs: Option<u32>,
    stack_size: usize,
    thread_name: String,
    quantum: Option<Duration>,
    max_threads: u32,
    has_template: bool,
    reports_moves: bool,
    has_virtual_time: bool,
    is_isolated: bool,
    has_metrics: bool,
    ear: Option<Ear>,
    dumps_on: Option<Signal>,
}

/// Whose the threads are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Threads {
    /// A thread runs one goroutine after the other.
    Shared,
    /// Each goroutine has a thread of its own.
    OneEach,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            procs: None,
            stack_size: DEFAULT_STACK,
            thread_name: String::from("gosched"),
            quantum: None,
            max_threads: DEFAULT_MAX_THREADS,
            has_template: HAS_TIME,
            reports_moves: false,
            has_virtual_time: false,
            is_isolated: false,
            has_metrics: false,
            ear: None,
            dumps_on: None,
        }
    }
}

impl Builder {
    /// Sets the number of processors: how many goroutines may run at the same moment (Go's
    /// `GOMAXPROCS`).
    ///
    /// The default is the number of processors that the process may use.
    ///
    /// # Panics
    ///
    /// If `n` is 0 or above 32,767.
    #[track_caller]
    pub fn procs(mut self, n: usize) -> Self {
        self.procs = Some(check_procs(n, "procs"));
        self
    }

    /// Sets the size of each goroutine's stack, in bytes. The default is 256 KiB.
    ///
    /// The size is rounded up to a power of two, and to four pages where pages are larger than 16
    /// KiB. One page of it is the guard. Only the pages that a goroutine touches take memory; the
    /// others take addresses. A goroutine that needs more aborts the process with a message.
    ///
    /// # Panics
    ///
    /// If `bytes` is below 64 KiB or above 64 MiB.
    #[track_caller]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        assert!(
            bytes >= MIN_STACK,
            "gosched: a stack has at least {MIN_STACK} bytes: stack_size({bytes})"
        );
        assert!(
            bytes <= MAX_STACK,
            "gosched: a stack has at most {MAX_STACK} bytes: stack_size({bytes})"
        );
        self.stack_size = bytes;
        self
    }

    /// Sets the name of the runtime's threads. The default is `gosched`.
    ///
    /// Each thread's name ends with a hyphen and its number. The kernel shows only the first 15
    /// bytes.
    ///
    /// # Panics
    ///
    /// If the name contains a NUL byte.
    #[track_caller]
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(!name.contains('\0'), "gosched: a thread name holds no NUL byte");
        self.thread_name = name;
        self
    }

    /// Sets how long a goroutine may compute while others wait for its processor. The default is 10
    /// ms.
    ///
    /// After that the others get the processor. The goroutine continues on its thread, and waits
    /// for its turn at its next call of this crate that may wait. A goroutine whose thread sleeps
    /// in the kernel keeps the processor for one to two milliseconds only; see also
    /// [`blocking`](crate::blocking).
    ///
    /// # Panics
    ///
    /// If `quantum` is below 1 ms, which is how often the runtime looks.
    #[track_caller]
    pub fn quantum(mut self, quantum: Duration) -> Self {
        assert!(
            quantum >= Duration::from_millis(1),
            "gosched: a quantum is at least 1 ms: quantum({quantum:?})"
        );
        self.quantum = Some(quantum);
        self
    }

    /// How many threads may run goroutines, as Go's `SetMaxThreads`; by default 10,000.
    ///
    /// A goroutine that blocks or computes without end keeps its thread, and the runtime starts another
    /// thread for the other goroutines. At the limit it starts none. Goroutines that are ready to run
    /// then wait until a thread comes back: a thread whose goroutine has computed or blocked to its end
    /// runs the others. If nothing moves for a tenth of a second, the runtime writes one line to
    /// standard error, once: how many of its threads compute, how many block, and where some of their
    /// goroutines were started. The limit never ends the process. If no thread ever comes back, the
    /// goroutines that need one wait for ever.
    ///
    /// The two or three threads of the runtime that run no goroutine are not counted.
    ///
    /// # Panics
    ///
    /// If `n` is 0 or above 2,147,483,647.
    #[track_caller]
    pub fn max_threads(mut self, n: usize) -> Self {
        self.max_threads = check_max_threads(n, "max_threads");
        self
    }

    /// Whether to look for goroutines that break the promise of [`start`](Self::start), and to report
    /// them; by default not. For tests and for debugging: it makes each wait slower by some
    /// microseconds.
    ///
    /// When a goroutine continues on a different thread, the runtime looks for pointers in its stack
    /// that belong to the thread that it left: a pointer into a thread-local (a reference from
    /// [`LocalKey::with`](std::thread::LocalKey::with), a borrow of a `RefCell`), or a pointer that a
    /// thread-local holds too (an `Rc` such as `rand::rng()`). It writes one line to standard error:
    /// which goroutine, what it waited for, where it was started. Goroutines that were started at the
    /// same place and wait for the same are reported once.
    ///
    /// Silence proves nothing. A goroutine is only looked at when it does change its thread, and much
    /// that belongs to a thread leaves no such pointer: a `StdoutLock`, the guard of a std mutex, an
    /// entered `tracing` span. A report is a strong hint and no proof: the pointer may be left over in
    /// the stack from a call that has returned, or be an `Arc`, which may be kept.
    pub fn report_moves(mut self, does: bool) -> Self {
        self.reports_moves = does;
        self
    }

    /// Whether the runtime has a clock of its own, for tests: it stands still while any goroutine of the
    /// runtime can run, and jumps to the next deadline when all of them wait. By default not.
    ///
    /// So a test of an hour's time-outs takes milliseconds, and none of them is late. [The documentation of
    /// `time`](crate::time#virtual-time) says what goes by that clock, and when all goroutines wait.
    ///
    /// In a `#[test]`, say [`isolated`](Self::isolated) too, or a deadlock is not found there.
    ///
    /// Such a runtime takes no processor from a goroutine that computes, because no time passes meanwhile,
    /// unless [`quantum`](Self::quantum) is set. With one processor its goroutines then run in the same order
    /// each time.
    pub fn virtual_time(mut self, does: bool) -> Self {
        self.has_virtual_time = does;
        self
    }

    /// Whether nobody else wakes the runtime's goroutines, for tests: neither an ordinary thread nor a
    /// goroutine of another runtime ends a wait of theirs, or starts a goroutine that does. By default not.
    ///
    /// Then a deadlock of these goroutines is found whatever the other threads of the process do. Without this,
    /// one thread that is awake hides it, and under `cargo test` there always is one: the test would wait for
    /// ever.
    ///
    /// If somebody else would have woken them nevertheless, [`Runtime::run`] reports a deadlock that is none. A
    /// goroutine that sleeps or waits for a descriptor is in no deadlock, and neither is one whose runtime has a
    /// pending timer. A [signal](crate::signal) comes from elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::panic::{AssertUnwindSafe, catch_unwind};
    /// // SAFETY: nothing in these goroutines knows about threads.
    /// let rt = unsafe { gosched::Runtime::builder().isolated(true).start()? };
    /// let found = catch_unwind(AssertUnwindSafe(|| {
    ///     rt.run(|| {
    ///         let (tx, rx) = gosched::chan::bounded::<u32>(0);
    ///         let received = rx.recv(); // from nobody
    ///         drop(tx);
    ///         received
    ///     })
    /// }));
    /// assert!(found.is_err(), "a panic that lists who waits for what, and where");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn isolated(mut self, does: bool) -> Self {
        self.is_isolated = does;
        self
    }

    /// Whether the runtime counts and measures what it does, for [`Runtime::metrics`]. By default not.
    ///
    /// [`Metrics`](crate::Metrics) says what is measured and what that costs.
    ///
    /// # Examples
    ///
    /// ```
    /// // SAFETY: nothing in these goroutines knows about threads.
    /// let rt = unsafe { gosched::Runtime::builder().metrics(true).start()? };
    /// rt.run(|| (0..9).for_each(|_| gosched::yield_now()));
    /// let metrics = rt.metrics().unwrap();
    /// assert_eq!(metrics.goroutines_started, 1);
    /// println!("{metrics}");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn metrics(mut self, does: bool) -> Self {
        self.has_metrics = does;
        self
    }

    /// Has somebody told of all that the runtime does.
    #[cfg(any(test, feature = "loom", feature = "shuttle"))]
    #[allow(dead_code, reason = "only a search through a user's program and its tests ask")]
    pub(crate) fn ear(mut self, ear: Ear) -> Self {
        self.ear = Some(ear);
        self
    }

    /// Writes a [dump](Runtime::dump) of the runtime to standard error whenever the process gets `signal`, for
    /// example [`signal::QUIT`](crate::signal::QUIT), which Ctrl-\\ sends. By default on no signal.
    ///
    /// The signal's handler only notes that the signal came, see [`signal::notify`](crate::signal::notify). A
    /// thread of the runtime makes the dump and writes it, whatever the goroutines do. A handler that was
    /// there before is called too. Once the runtime has ended, the signal does what it did before.
    ///
    /// A runtime that waits for a signal is never reported to be in a deadlock: send the signal instead.
    ///
    /// [`start`](Self::start) returns an error for a signal that [`signal::notify`](crate::signal::notify)
    /// refuses.
    pub fn dump_on(mut self, signal: Signal) -> Self {
        self.dumps_on = Some(signal);
        self
    }

    /// Has a thread that makes the others: in a model it is one more, and most do without.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn with_template(mut self) -> Self {
        self.has_template = true;
        self
    }

    /// Starts the runtime. Its goroutines move between threads, which is why this is unsafe;
    /// [`start_threaded`](Self::start_threaded) is safe and slower.
    ///
    /// # Errors
    ///
    /// If the kernel refuses a thread, or addresses for the first stacks (`ulimit -v`).
    ///
    /// # Panics
    ///
    /// In a build with the feature `loom` or `shuttle`, if it is called outside a model of that checker.
    ///
    /// # Safety
    ///
    /// A goroutine may continue on a different thread after a *switch point*. The switch points are
    /// the calls of this crate that may wait, and the end of a goroutine: [the
    /// list](crate#switch-points). Until the runtime has shut down, the caller promises for all
    /// code that runs in its goroutines, dependencies included, that at no switch point this code
    ///
    /// - holds a value that is not [`Send`] and shares something with its thread (an `Rc` whose
    ///   clone is in a thread-local, the guard of a std mutex, `StdoutLock`),
    /// - holds a reference into a thread-local, or relies on a thread-local being the same before
    ///   and after (the compiler, too, may keep a thread-local's address for the length of a
    ///   function),
    /// - is inside a foreign function that ties itself to a thread or to a thread's stack.
    ///
    /// A goroutine may block its thread, and may use a thread-local between two switch points.
    ///
    /// # Common ways to break the promise
    ///
    /// | code | what goes wrong if the goroutine waits meanwhile |
    /// |---|---|
    /// | `let mut rng = rand::rng();` | Two threads use one generator at once: equal random numbers. |
    /// | a `tracing` span that is entered (`let _e = span.enter();`) | The span is left on a different thread: events belong to wrong spans. |
    /// | `tokio::runtime::Handle::enter()` | Its guard is dropped on a different thread: it panics, or the wrong runtime stays entered. |
    /// | `std::thread::scope(\|s\| ...)` | The scope waits by parking the thread that it began on: it may hang. |
    /// | the guard of a std `Mutex` or `RwLock` | The lock is released by a different thread. It also makes whole threads wait; use [`sync::Mutex`](crate::sync::Mutex). |
    /// | a borrow of a `RefCell` in a thread-local, a reference from `LocalKey::with` | A different thread releases the borrow; the data may be freed when its thread ends. |
    /// | `println!("{x}")`, where the `Display` of `x` waits | Standard output stays locked by the wrong thread: torn lines, panics. |
    ///
    /// Finish with such a value before the wait, and get it anew afterwards.
    /// [`report_moves`](Self::report_moves) finds some of these in a running program. A program that
    /// cannot promise this uses [`start_threaded`](Self::start_threaded), where all of it is allowed.
    ///
    /// # Seccomp
    ///
    /// If the kernel offers `membarrier` when the first runtime of the process starts, the process relies
    /// on it from then on. A seccomp filter that forbids it must be installed before that: a call that is
    /// refused later ends the process with a message.
    ///
    /// # Examples
    ///
    /// ```
    /// // SAFETY: nothing in these goroutines knows about threads.
    /// let rt = unsafe { gosched::Runtime::builder().procs(2).start()? };
    /// assert_eq!(rt.run(|| 6 * 7), 42);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub unsafe fn start(self) -> io::Result<Runtime> {
        self.start_with(Threads::Shared)
    }

    /// Starts the runtime with a thread for each goroutine. Safe: no goroutine ever changes its thread.
    ///
    /// Each goroutine gets a thread of its own before its first step and keeps it until its last one,
    /// the destructors of its closure included. No other goroutine runs on that thread before or after.
    /// So a goroutine may do whatever a thread may: hold a `RefCell` borrow of a thread-local or the
    /// guard of a std mutex while it waits, use `std::thread::scope`, call a C library that ties itself
    /// to a thread. Everything else is as with [`start`](Self::start): the same functions, the same
    /// scheduler, and no more than [`procs`](Self::procs) goroutines that run at the same moment.
    ///
    /// Use it
    ///
    /// - in a program whose dependencies nobody wants to audit for the promise of [`start`](Self::start),
    /// - in tests,
    /// - to find out whether a fault comes from a broken promise: if it does, it is gone here.
    ///
    /// # Cost
    ///
    /// To start and join a goroutine takes two to three times the CPU time of `std::thread::spawn` and
    /// `join`. A goroutine takes some 12 kB of memory beside what the kernel keeps for its thread. Two
    /// goroutines that wait for each other switch by the kernel.
    ///
    /// A goroutine that is started while there are [`max_threads`](Self::max_threads)
    /// threads, or while the kernel refuses another one, waits until a thread can be had. If goroutines
    /// that have a thread wait for one that has none, they wait for ever; the runtime says once, on
    /// standard error, what holds its threads.
    ///
    /// # Thread-locals
    ///
    /// A thread-local is new in each goroutine. It is destroyed when the goroutine's thread ends, which
    /// is soon after the goroutine has ended: [`join`](crate::JoinHandle::join) may return before that.
    /// Its destructor runs as on an ordinary thread.
    ///
    /// When the runtime ends, a goroutine that has begun and not ended is never run again. Its thread
    /// stays, asleep, until the process ends, because others may use what lies in its thread-locals.
    ///
    /// # Errors
    ///
    /// If the kernel refuses a thread or the addresses for stacks.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    ///
    /// thread_local! { static COUNT: Cell<u32> = Cell::new(0) }
    ///
    /// let rt = gosched::Runtime::builder().start_threaded()?;
    /// let count = rt.run(|| {
    ///     COUNT.set(1);
    ///     gosched::go(|| COUNT.set(5)).join().unwrap(); // on another thread
    ///     COUNT.get()
    /// });
    /// assert_eq!(count, 1);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn start_threaded(self) -> io::Result<Runtime> {
        self.start_with(Threads::OneEach)
    }

    #[track_caller]
    fn start_with(self, threads: Threads) -> io::Result<Runtime> {
        check_is_in_model();
        assert!(
            directed::may_start(),
            "gosched: a program that is checked started a runtime; gosched::check runs it in one already: \
             give it the function that Runtime::run is called with"
        );
        let procs = self.procs.unwrap_or_else(available_procs);
        let Some(stack) = Class::of(self.stack_size) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        let (time, quantum) = if self.has_virtual_time || directed::is_on() {
            (Time::Virtual, Duration::MAX)
        } else {
            (Time::Real, DEFAULT_QUANTUM)
        };
        let config = Config {
            procs,
            stack,
            thread_name: self.thread_name,
            quantum_ns: deadline::ns(self.quantum.unwrap_or(quantum)),
            max_threads: self.max_threads,
            has_template: self.has_template,
            is_threaded: threads == Threads::OneEach,
            // A checker's threads have all their thread-locals in one.
            reports_moves: self.reports_moves && owns_process(),
            time,
            is_isolated: self.is_isolated,
            has_metrics: self.has_metrics,
            ear: self.ear,
        };
        let mut runtime = boot::start(config).map(Runtime::new)?;
        if let Some(signal) = self.dumps_on {
            runtime.dump_on(signal)?;
        }
        Ok(runtime)
    }
}

fn available_procs() -> u32 {
    let n = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(n.min(idle::MOST_PROCS)).unwrap_or(1)
}

impl Runtime {
    /// Returns a builder with the default configuration.
    pub fn builder() -> Builder {
        Builder::default()
    }
}
