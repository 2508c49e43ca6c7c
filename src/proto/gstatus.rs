//! A goroutine's status: which thread may touch the goroutine, and whether its parking or its
//! wake-up comes first.
//!
//! # In short
//!
//! A goroutine that parks and the thread that readies it (the readier) agree which of them came
//! first. The goroutine tells readiers where to find it before it has left its stack. An early
//! readier might then resume a stack that is still in use, or its wake-up might be lost. Both sides
//! change one word by a read-modify-write, so whichever is second sees what the first one did. A
//! second readier queues the goroutine; a second committer finds the mark READIED and lets the
//! goroutine run on.
//!
//! # Words
//!
//! `word`: who may write it changes with the state.
//!
//! ```text
//!                 spawn             run                 commit_park
//!        DEAD ----------> RUNNABLE ------> RUNNING --------------------> WAITING
//!          ^                 ^  ^            |  |  \                        |
//!          |                 |  +-- yielded -+  |   \ ready                 |
//!          +--- exited ------|------------------+    v                      |
//!                            |                    READIED -- commit_park -> RUNNING
//!                            +---------------------------------- ready -----+
//! ```
//!
//! | state | who owns the goroutine's stack and fields |
//! |---|---|
//! | DEAD | the holder of its slot: a free list |
//! | RUNNABLE | its holder: a queue, or the thread that took it from one |
//! | RUNNING, READIED | the thread that runs it |
//! | WAITING | nobody, until one readier wins it |
//!
//! # Invariants
//!
//! - I1: each park is ended by exactly one `ready`, and each `ready` ends one park.
//! - I2: `commit_park` is called after the goroutine has left its stack, by the thread that ran it.
//!   So the readier that wins a WAITING goroutine may resume it at once.
//! - I3: a `ready` that comes before the commit is not lost: the commit finds READIED.
//!
//! # Handshake
//!
//! Two read-modify-writes on one word: the goroutine is put where a readier finds it, leaves its
//! stack, and commits; the readier finds it and readies. Whichever is second acts: the readier
//! queues a WAITING goroutine, the committer continues with a READIED one.
//!
//! # Source
//!
//! Go's `casgstatus`, `park_m` and `ready` (runtime/proc.go). Go keeps the waiter's lock across the
//! switch and drops it in the commit, so that no readier can come early; here the lock is dropped
//! on the goroutine's own stack and an early readier leaves a mark. So no lock is held across a
//! switch, and a waker that holds no lock needs no protocol of its own. Go's scan bit has no
//! counterpart: no collector looks at our stacks.
//!
//! # Suites
//!
//! `verify/loom/gstatus.rs`: one readier or two against a goroutine that parks, without a bound;
//! mutants GS2 (a readier that wins a goroutine which has not parked), GS3 (a commit before the
//! stack is kept), GS4 (a mark that the commit drops). `verify/shuttle/gstatus.rs`: the same, depth
//! first.

use crate::base::{throw, throw_unless};
use crate::facade::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

const DEAD: u32 = 0;
const RUNNABLE: u32 = 1;
const RUNNING: u32 = 2;
const READIED: u32 = 3;
const WAITING: u32 = 4;

/// What a goroutine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Dead,
    Runnable,
    Running,
    Waiting,
}

/// What a commit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Parked {
    /// It waits; from here on it belongs to its readier.
    Waiting,
    /// The wake-up came first and is the committer's to deliver: it runs on.
    ReadiedFirst,
}

/// What a readier won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Readied {
    /// The goroutine: the caller must queue it.
    Won,
    /// Nothing to do: it has not parked yet and will find the mark.
    Marked,
}

/// The status word.
pub(crate) struct GStatus(AtomicU32);

impl GStatus {
    pub(crate) fn dead() -> Self {
        Self(AtomicU32::new(DEAD))
    }

    /// What the goroutine does; a statistic while anything runs.
    pub(crate) fn peek(&self) -> Status {
        // Relaxed: statistic.
        match self.0.load(Relaxed) {
            DEAD => Status::Dead,
            RUNNABLE => Status::Runnable,
            WAITING => Status::Waiting,
            _ => Status::Running,
        }
    }

    /// A change that only the owner of the goroutine makes.
    fn owned(&self, from: u32, to: u32) {
        // Relaxed: owner-only in these states; the queues publish the goroutine.
        let was = self.0.load(Relaxed);
        throw_unless!(was == from, "goroutine status is {was}, not {from}, on its way to {to}");
        self.0.store(to, Relaxed);
    }

    /// Dead to runnable.
    pub(crate) fn spawned(&self) {
        self.owned(DEAD, RUNNABLE);
    }

    /// Runnable to running.
    pub(crate) fn run(&self) {
        self.owned(RUNNABLE, RUNNING);
    }

    /// Running to runnable, without having waited.
    pub(crate) fn yielded(&self) {
        self.owned(RUNNING, RUNNABLE);
    }

    /// Running to dead.
    pub(crate) fn exited(&self) {
        self.owned(RUNNING, DEAD);
    }

    /// Running to waiting, after the goroutine has left its stack (I2).
    pub(crate) fn commit_park(&self) -> Parked {
        // ORDER Release on success: publishes the stack that was left.
        //   pairs    gstatus.ready.word
        //   checked  loom gstatus::a_readier_finds_the_stack_as_it_was_left
        // ORDER Acquire on failure: receives what the early readier wrote.
        //   pairs    gstatus.ready.word
        //   checked  loom gstatus::an_early_wakeup_brings_its_data
        match self.0.compare_exchange(RUNNING, WAITING, Release, Acquire) {
            Ok(_) => Parked::Waiting,
            Err(READIED) => {
                // Relaxed: the mark is the committer's alone.
                self.0.store(RUNNING, Relaxed);
                Parked::ReadiedFirst
            }
            Err(other) => throw!("goroutine parked with status {other}"),
        }
    }

    /// Ends a park: waiting to runnable, or a mark for the commit to find.
    pub(crate) fn ready(&self) -> Readied {
        // Relaxed: first-load.
        let mut was = self.0.load(Relaxed);
        loop {
            let (to, readied) = match was {
                WAITING => (RUNNABLE, Readied::Won),
                RUNNING => (READIED, Readied::Marked),
                other => throw!("goroutine readied with status {other}"),
            };
            // ORDER AcqRel.
            //   acquire: the stack as the goroutine left it; pairs gstatus.commit_park.word
            //   checked  loom gstatus::a_readier_finds_the_stack_as_it_was_left
            //   release: what the readier wrote; pairs gstatus.commit_park.word (failure)
            //   checked  loom gstatus::an_early_wakeup_brings_its_data
            match self.0.compare_exchange(was, to, AcqRel, Relaxed) {
                Ok(_) => return readied,
                Err(now) => was = now, // progress: the commit came in between
            }
        }
    }
}
