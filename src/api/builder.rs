//! Configuring and starting a runtime.

use std::io;
use std::time::Duration;

use super::check::{check_max_threads, check_procs};
use super::runtime::Runtime;
use crate::facade::HAS_TIME;
use crate::machine::fiber::STACK_FACTOR;
use crate::proto::idle;
use crate::sched::arena::{Class, MAX_STACK, MIN_STACK};
use crate::sched::boot;
use crate::sched::schedt::Config;

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
pub struct Builder {
    procs: Option<u32>,
    stack_size: usize,
    thread_name: String,
    quantum: Duration,
    max_threads: u32,
    has_template: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            procs: None,
            stack_size: DEFAULT_STACK,
            thread_name: String::from("gosched"),
            quantum: DEFAULT_QUANTUM,
            max_threads: DEFAULT_MAX_THREADS,
            has_template: HAS_TIME,
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
        self.quantum = quantum;
        self
    }

    /// How many threads may run goroutines, as Go's `SetMaxThreads`; by default 10,000. A goroutine
    /// that blocks or computes without end keeps its thread, and the others get a new one: if that
    /// is one more than allowed, and nothing moves for a tenth of a second, the process ends with a
    /// message, because it would stand still without one. The two or three threads that run no
    /// goroutine do not count.
    ///
    /// # Panics
    ///
    /// If `n` is 0 or above 2,147,483,647.
    #[track_caller]
    pub fn max_threads(mut self, n: usize) -> Self {
        self.max_threads = check_max_threads(n, "max_threads");
        self
    }

    /// Has a thread that makes the others: in a model it is one more, and most do without.
    #[cfg(test)]
    #[allow(dead_code, reason = "only the models ask")]
    pub(crate) fn with_template(mut self) -> Self {
        self.has_template = true;
        self
    }

    /// Starts the runtime.
    ///
    /// # Errors
    ///
    /// If the kernel refuses a thread, or addresses for the first stacks (`ulimit -v`).
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
    /// Code that blocks its thread breaks no promise. A thread-local that is used between two
    /// switch points works as usual.
    ///
    /// These are known to break the promise, if a switch point lies inside: `rand::rng()` kept in a
    /// variable; an entered `tracing` span; the guard of tokio's `Handle::enter`;
    /// `std::thread::scope`; the guard of a std mutex, and `StdoutLock`; `println!` of a value
    /// whose `Display` waits. The [front page](crate#common-mistakes) says what to write instead.
    ///
    /// # Examples
    ///
    /// ```
    /// // SAFETY: nothing in these goroutines knows about threads.
    /// let rt = unsafe { gosched::Runtime::builder().procs(2).start()? };
    /// assert_eq!(rt.run(|| 6 * 7), 42);
    /// # std::io::Result::Ok(())
    /// ```
    pub unsafe fn start(self) -> io::Result<Runtime> {
        let procs = self.procs.unwrap_or_else(available_procs);
        let Some(stack) = Class::of(self.stack_size) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        let quantum_ns = u64::try_from(self.quantum.as_nanos()).unwrap_or(u64::MAX);
        let config = Config {
            procs,
            stack,
            thread_name: self.thread_name,
            quantum_ns,
            max_threads: self.max_threads,
            has_template: self.has_template,
        };
        boot::start(config).map(Runtime::new)
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
