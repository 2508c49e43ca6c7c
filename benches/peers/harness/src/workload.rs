//! The workloads, and how large a run of each is.

use crate::sizes::{
    BURST, CALLS, DELAYS_US, LANES, NAPS, NUMBERS, POPULAR, READERS, SCOPED, SPAWNS_IN_FIB, TASKS,
};

/// How the size of a run is found.
#[derive(Clone, Copy)]
enum Size {
    /// So that it takes a set time.
    Calibrated,
    /// So much at scale 1: it is about many at once.
    Times(f64),
    /// A whole tree: a power of its number of children.
    Leaves,
}

/// What there is to know of a workload; `go/main.go` has the same list.
struct Facts {
    name: &'static str,
    /// How many operations a size of one has.
    ops_per_unit: u64,
    warm_up_size: u64,
    size: Size,
}

macro_rules! workloads {
    ($($(#[$doc:meta])* $workload:ident: $name:literal, $ops:expr, $warm_up:expr, $size:expr;)*) => {
        /// What is measured. The folder's README says what each counts as one operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Workload { $($(#[$doc])* $workload),* }

        const ALL: &[(Workload, Facts)] = &[$((
            Workload::$workload,
            Facts { name: $name, ops_per_unit: $ops, warm_up_size: $warm_up, size: $size },
        )),*];
    };
}

use Size::{Calibrated, Leaves, Times};

workloads! {
    /// Eight tasks that only yield.
    Yield: "yield", TASKS, 1_000, Calibrated;
    /// Spawn one task, wait for its value.
    SpawnJoin: "spawn_join", 1, 1_000, Calibrated;
    /// Spawn 200,000 tasks, wait for all.
    SpawnMany: "spawn_many", 1, 10_000, Times(200_000.0);
    /// A token goes there and back through two unbuffered channels.
    PingPong: "ping_pong", 1, 1_000, Calibrated;
    /// One producer, one consumer, a channel of 128.
    Chan1To1: "chan_1_1", 1, 1_000, Calibrated;
    /// Four producers, four consumers, one channel of 128.
    Chan4To4: "chan_4_4", LANES, 1_000, Calibrated;
    /// Eight tasks and one mutex.
    Mutex: "mutex", TASKS, 1_000, Calibrated;
    /// Fork-join fib(23).
    Fib: "fib", SPAWNS_IN_FIB, 1, Calibrated;
    /// A tree of tasks with 1,000,000 leaves.
    Skynet: "skynet", 1, 10_000, Leaves;
    /// The same over unbuffered channels, as it was published.
    SkynetUnbuffered: "skynet_unbuffered", 1, 10_000, Leaves;
    /// 1,000,000 tasks that all block.
    Parked: "parked", 1, 1_000, Times(1_000_000.0);
    /// 100,000 tasks that each sleep once, for 1 to 10 ms.
    Sleeps: "sleeps", 1, 1_000, Times(100_000.0);
    /// 10,000 timers that are set, and then stopped.
    Stopped: "stopped", 1, 1_000, Times(10_000.0);
    /// A token goes there and back over one mutex and two condition variables.
    Condvar: "condvar", 1, 1_000, Calibrated;
    /// Eight tasks and two permits.
    Semaphore: "semaphore", TASKS, 1_000, Calibrated;
    /// Eight readers and one writer of one lock.
    RwLock: "rwlock", READERS + 1, 1_000, Calibrated;
    /// A scope with 1,000 children that borrow.
    Scope: "scope", SCOPED, 1, Calibrated;
    /// 100,000 tasks that all sleep for an hour.
    Sleepers: "sleepers", 1, 1_000, Times(100_000.0);
    /// There and back between two stacks, without a scheduler.
    Switch: "switch", 1, 1_000, Calibrated;

    /// A chain of tasks: each starts the next and ends.
    CreateGoroutines: "create_goroutines", 1, 1_000, Calibrated;
    /// As many chains as procs.
    CreateParallel: "create_parallel", 1, 1_000, Calibrated;
    /// A ping-pong beside a task that never waits.
    PingPongHog: "ping_pong_hog", 1, 1_000, Calibrated;
    /// Two tasks wake each other, and compute in between.
    WakeupSpinning: "wakeup_spinning", DELAYS_US.len() as u64, 10, Calibrated;
    /// Two tasks wake each other, and sleep in the kernel in between.
    WakeupSyscall: "wakeup_syscall", DELAYS_US.len() as u64, 10, Calibrated;
    /// Each proc's worker sends 100 values into one channel with room for all, and receives 100.
    ChanContended: "chan_contended", BURST, 100, Calibrated;
    /// Two tasks, an unbuffered channel, and work in between.
    ChanSyncWork: "chan_sync_work", 2 * CALLS, 1, Calibrated;
    /// A producer and a consumer for each proc; an unbuffered channel.
    ChanProdCons0: "chan_prod_cons_0", CALLS, 10, Calibrated;
    /// The same with a buffer of 10.
    ChanProdCons10: "chan_prod_cons_10", CALLS, 10, Calibrated;
    /// The same with a buffer of 100.
    ChanProdCons100: "chan_prod_cons_100", CALLS, 10, Calibrated;
    /// 1,000 tasks that select between a channel of their own and one of all.
    ChanPopular: "chan_popular", POPULAR, 1, Calibrated;
    /// Senders and receivers that select between three unbuffered channels.
    SelectSync: "select_sync", 1, 1_000, Calibrated;
    /// Workers that receive from one of two buffered channels, and send to the other.
    SelectAsync: "select_async", 1, 1_000, Calibrated;
    /// A mutex of workers that mostly do other things.
    MutexNoSpin: "mutex_no_spin", 1, 1_000, Calibrated;
    /// A mutex of one worker for each proc.
    MutexSpin: "mutex_spin", 1, 1_000, Calibrated;
    /// A semaphore that is given to and taken from, and never empty.
    SemaNonblock: "sema_nonblock", 1, 1_000, Calibrated;
    /// The same, with somebody who takes what is meant for others.
    SemaBlock: "sema_block", 1, 1_000, Calibrated;
    /// 1,000 tasks that sleep for a nanosecond, beside many timers.
    Sleep1000: "sleep_1000", NAPS, 1, Calibrated;
    /// How late a timer fires while another proc is busy.
    TimerLatency: "timer_latency", 1, 10, Times(200.0);
    /// A token goes round 503 actors.
    ActorRing: "actor_ring", 1, 1_000, Calibrated;
    /// Five stages with bounded channels between them.
    Pipeline: "pipeline", 1, 1_000, Calibrated;
    /// A parallel sort of 1,000,000 numbers.
    Quicksort: "quicksort", NUMBERS as u64, 1, Calibrated;
    /// A parallel product of two matrices.
    Matrix: "matrix", 1, 1, Calibrated;
}

impl Workload {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, facts)| facts.name == name).map(|(workload, _)| *workload)
    }

    fn facts(self) -> &'static Facts {
        &ALL[self as usize].1 // made from one list, in one order
    }

    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// The size of a workload that is about many tasks at once; the others run for a set time.
    pub(crate) fn fixed_size(self, scale: f64) -> Option<u64> {
        match self.facts().size {
            Size::Calibrated => None,
            Size::Times(n) => Some((n * scale).ceil() as u64),
            Size::Leaves => Some(10_u64.pow((6.0 + scale.log10()).round().max(1.0) as u32)),
        }
    }

    pub(crate) fn warm_up_size(self) -> u64 {
        self.facts().warm_up_size
    }

    /// How many operations a size of one has.
    pub(crate) fn ops_per_unit(self) -> u64 {
        self.facts().ops_per_unit
    }
}
