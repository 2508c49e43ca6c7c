//! The workloads, and how large a run of each is.

use crate::{LANES, READERS, SCOPED, TASKS};

/// A node of `fib(23)` spawns one task unless it is a leaf: fib(24) - 1 spawns.
const SPAWNS_IN_FIB: u64 = 46_367;

/// What is measured. The folder's README says what each counts as one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Eight tasks that only yield.
    Yield,
    /// Spawn one task, wait for its value.
    SpawnJoin,
    /// Spawn 200,000 tasks, wait for all.
    SpawnMany,
    /// A token goes there and back through two unbuffered channels.
    PingPong,
    /// One producer, one consumer, a channel of 128.
    Chan1To1,
    /// Four producers, four consumers, one channel of 128.
    Chan4To4,
    /// Eight tasks and one mutex.
    Mutex,
    /// Fork-join fib(23).
    Fib,
    /// A tree of tasks with 1,000,000 leaves.
    Skynet,
    /// 1,000,000 tasks that all block.
    Parked,
    /// 100,000 tasks that each sleep once, for 1 to 10 ms.
    Sleeps,
    /// 10,000 timers that are set, and then stopped.
    Stopped,
    /// A token goes there and back over one mutex and two condition variables.
    Condvar,
    /// Eight tasks and two permits.
    Semaphore,
    /// Eight readers and one writer of one lock.
    RwLock,
    /// A scope with 1,000 children that borrow.
    Scope,
    /// 100,000 tasks that all sleep for an hour.
    Sleepers,
    /// There and back between two stacks, without a scheduler.
    Switch,
}

impl Workload {
    const NAMES: [(Self, &'static str); 18] = [
        (Self::Yield, "yield"),
        (Self::SpawnJoin, "spawn_join"),
        (Self::SpawnMany, "spawn_many"),
        (Self::PingPong, "ping_pong"),
        (Self::Chan1To1, "chan_1_1"),
        (Self::Chan4To4, "chan_4_4"),
        (Self::Mutex, "mutex"),
        (Self::Fib, "fib"),
        (Self::Skynet, "skynet"),
        (Self::Parked, "parked"),
        (Self::Sleeps, "sleeps"),
        (Self::Stopped, "stopped"),
        (Self::Condvar, "condvar"),
        (Self::Semaphore, "semaphore"),
        (Self::RwLock, "rwlock"),
        (Self::Scope, "scope"),
        (Self::Sleepers, "sleepers"),
        (Self::Switch, "switch"),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(workload, _)| *workload)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The size of a workload that is about many tasks at once; the others run for a set time.
    pub(crate) fn fixed_size(self, scale: f64) -> Option<u64> {
        match self {
            Self::SpawnMany => Some((200_000.0 * scale).ceil() as u64),
            Self::Sleeps | Self::Sleepers => Some((100_000.0 * scale).ceil() as u64),
            Self::Stopped => Some((10_000.0 * scale).ceil() as u64),
            Self::Parked => Some((1_000_000.0 * scale).ceil() as u64),
            // A whole tree: a power of its number of children.
            Self::Skynet => Some(10_u64.pow((6.0 + scale.log10()).round().max(1.0) as u32)),
            _ => None,
        }
    }

    pub(crate) fn warm_up_size(self) -> u64 {
        match self {
            Self::Fib | Self::Scope => 1,
            Self::SpawnMany | Self::Skynet => 10_000,
            _ => 1_000,
        }
    }

    /// How many operations a size of one has.
    pub(crate) fn ops_per_unit(self) -> u64 {
        match self {
            Self::Yield | Self::Mutex | Self::Semaphore => TASKS,
            Self::RwLock => READERS + 1,
            Self::Scope => SCOPED,
            Self::Chan4To4 => LANES,
            Self::Fib => SPAWNS_IN_FIB,
            _ => 1,
        }
    }
}
