//! How large the things are that the workloads are made of. `go/harness.go` has their twins.

use std::time::Duration;

/// Tasks in `yield`, `mutex` and `semaphore`.
pub const TASKS: u64 = 8;
/// Producers in `chan_4_4`, and as many consumers.
pub const LANES: u64 = 4;
/// The buffer of `chan_1_1` and `chan_4_4`, where the peer has bounded channels.
pub const CAPACITY: usize = 128;
/// Children of a node in `skynet`.
pub const CHILDREN: u64 = 10;
/// Tasks that read in `rwlock`.
pub const READERS: u64 = 8;
/// Permits in `semaphore`.
pub const PERMITS: u32 = 2;
/// Children of a `scope`.
pub const SCOPED: u64 = 1_000;
/// `fib` computes this number...
pub const FIB: u64 = 23;
/// ... whose value is this.
pub const FIB_VALUE: u64 = 28_657;
/// A node of `fib(23)` spawns one task unless it is a leaf: fib(24) - 1 spawns.
pub(crate) const SPAWNS_IN_FIB: u64 = 46_367;
/// How long the timers of `stopped` are set to, and the tasks of `sleepers` sleep.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// Values that a worker of `chan_contended` sends before it receives as many.
pub const BURST: u64 = 100;
/// How often the pair of `chan_sync_work`, and the producers of `chan_prod_cons`, send before they
/// look whether there is more to do.
pub const CALLS: u64 = 1_000;
/// What each of the pair of `chan_sync_work` computes between two operations, in steps.
pub const WORK: u64 = 1_000;
/// Tasks of `chan_popular`, which all wait for the same channel besides their own.
pub const POPULAR: u64 = 1_000;
/// The delays of `wakeup_spinning` and `wakeup_syscall`, in microseconds.
pub const DELAYS_US: [u64; 8] = [0, 1, 2, 5, 10, 20, 50, 100];
/// What the sender of `wakeup_spinning` and `wakeup_syscall` waits longer than the receiver.
pub const WAKE_DELAY: Duration = Duration::from_micros(5);
/// Workers for each proc in `mutex_no_spin`.
pub const PARALLELISM: u64 = 4;
/// Words that a worker of `mutex_no_spin` goes through, and of `mutex_spin`: each fourth of them.
pub const FEW_WORDS: usize = 4 << 10;
pub const MANY_WORDS: usize = 16 << 10;
/// Sleeps of one round of `sleep_1000`...
pub const NAPS: u64 = 1_000;
/// ... beside so many timers for each proc that are set to an hour.
pub const GARBAGE: u64 = 1 << 15;
/// How long the timers of `timer_latency` are set to, and the rest between two of them.
pub const TIMER_DELAY: Duration = Duration::from_millis(1);
/// Actors of `actor_ring`.
pub const ACTORS: u64 = 503;
/// Stages of `pipeline`, and the buffer of each channel.
pub const STAGES: u64 = 5;
pub const STAGE_CAPACITY: usize = 16;
/// Numbers that `quicksort` sorts.
pub const NUMBERS: usize = 1_000_000;

/// The buffer of a connection with small messages, and of one that waits.
pub const SMALL: usize = 4 * 1_024;
/// The buffer of a connection with large messages.
pub const LARGE: usize = 16 * 1_024;

/// How many of `n` each of so many workers has to do.
pub fn shares(n: u64, workers: u64) -> impl Iterator<Item = u64> {
    (0..workers).map(move |worker| n / workers + u64::from(worker < n % workers))
}

/// How long task `i` of `sleeps` sleeps: 1 to 10 ms.
pub fn sleep_of(i: u64) -> Duration {
    Duration::from_micros(1_000 + i * 7_919 % 9_001)
}
