//! How a runtime is configured and started.

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

/// The size of a stack if nobody says otherwise: untouched pages of it cost nothing.
const DEFAULT_STACK: usize = 256 * 1024 * STACK_FACTOR;

/// How long a goroutine may compute while others wait, if nobody says otherwise (Go's number).
const DEFAULT_QUANTUM: Duration = Duration::from_millis(10);

/// How many threads run goroutines at most, if nobody says otherwise (Go's number).
const DEFAULT_MAX_THREADS: u32 = 10_000;

/// Configures a [`Runtime`].
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
    /// How many goroutines may run at the same moment, as Go's `GOMAXPROCS`. By default the number
    /// of processors that this process may use.
    ///
    /// # Panics
    ///
    /// If `n` is 0 or above 32,767.
    #[track_caller]
    pub fn procs(mut self, n: usize) -> Self {
        self.procs = Some(check_procs(n, "procs"));
        self
    }

    /// The stack of each goroutine in bytes, rounded up to a power of two; by default 256 KiB. Only
    /// the pages that a goroutine touches take memory.
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

    /// The name of the runtime's threads, which get a number behind it; by default `gosched`. The
    /// kernel shows its first 15 bytes.
    ///
    /// # Panics
    ///
    /// If the name holds a NUL byte.
    #[track_caller]
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(!name.contains('\0'), "gosched: a thread name holds no NUL byte");
        self.thread_name = name;
        self
    }

    /// How long a goroutine may compute while others wait for its processor, as Go's time slice; by
    /// default 10 ms. After that the processor goes to the others, and the goroutine goes on
    /// beside them until its next call of this crate, where it waits for its turn. One that blocks
    /// in the kernel instead keeps its processor for a millisecond or two; see also
    /// [`blocking`](crate::blocking).
    ///
    /// # Panics
    ///
    /// If `quantum` is below a millisecond, which is how often the watcher looks.
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
    /// If the kernel refuses a thread or the addresses for stacks.
    ///
    /// # Safety
    ///
    /// A goroutine may go on on another thread after each *switch point*: every call of this crate
    /// that is made from a goroutine, and the end of a goroutine. Until the runtime has shut down,
    /// the code that runs in its goroutines, dependencies included, must at no switch point
    ///
    /// - hold a value that is not [`Send`] and shares something with its thread (an `Rc` whose
    ///   clone is in a thread-local, the guard of a std mutex, `StdoutLock`),
    /// - hold a reference into a thread-local, or rely on a thread-local being the same before and
    ///   after (the compiler, too, may reuse its address within one function),
    /// - be inside a foreign function that ties itself to a thread or to a thread's stack.
    ///
    /// Blocking a goroutine's thread is no offence, and a thread-local that is read and written
    /// between two switch points is as good as ever.
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
    /// A builder with the defaults.
    pub fn builder() -> Builder {
        Builder::default()
    }
}
