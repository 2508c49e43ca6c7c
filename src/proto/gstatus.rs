//! A goroutine's status: which thread may touch the goroutine, whether its parking or its wake-up
//! comes first, and whether a stack that somebody has read was suspended meanwhile.
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
//! A third party may read a suspended stack, to show it (the peeker). It owns nothing and keeps
//! nobody waiting. It copies the stack and looks afterwards whether the goroutine has run meanwhile;
//! if so, the copy is thrown away. So the word counts how often the goroutine was run.
//!
//! # Words
//!
//! `word`: who may write it changes with the state. The state lies in its lowest bits, and above it the
//! count of the runs, over all lives of the slot. It starts again after 2^29 of them.
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
//! - I4: a goroutine that is suspended (RUNNABLE or WAITING) at two moments, with the same count, was
//!   suspended all the time in between: what follows such a state is the same with the same count, or
//!   a run, which counts. (Unless the count came round in between, after some seconds of nothing but
//!   runs. So a peeker that the kernel stops for so long may, once in 2^29 times, take a torn copy for
//!   whole. It must survive that: it trusts no word of a copy.)
//!
//! # Handshakes
//!
//! Parking against readying.
//! Two read-modify-writes on one word: the goroutine is put where a readier finds it, leaves its
//! stack, and commits; the readier finds it and readies. Whichever is second acts: the readier
//! queues a WAITING goroutine, the committer continues with a READIED one.
//!
//! Peeking against running (MP both ways; a sequence lock whose writer pays nothing).
//!
//! 1. The peeker reads the word: suspended, with a count. 2. Fence. 3. It copies the stack. 4. Fence.
//!    5. It reads the word again.
//! 1. The M writes RUNNING with the next count. 2. The switch. 3. The goroutine writes its stack.
//!    4. The switch back. 5. The M writes a suspended state.
//!
//! The switch is a light fence: the compiler moves nothing over it, and the peeker's fences
//! (`facade::fence_against_switch`) do the rest. If the copy has a word of step 3, the peeker's step 5
//! finds at least the next count. If the peeker's step 1 finds the state of step 5, the copy has all of
//! step 3. The birth of a goroutine has no switch: it releases what it wrote.
//!
//! # Source
//!
//! Go's `casgstatus`, `park_m` and `ready` (runtime/proc.go). Go keeps the waiter's lock across the
//! switch and drops it in the commit, so that no readier can come early; here the lock is dropped
//! on the goroutine's own stack and an early readier leaves a mark. So no lock is held across a
//! switch, and a waker that holds no lock needs no protocol of its own. Go's scan bit keeps a
//! goroutine from running while the collector looks at its stack; for a peeker that would make every
//! run a read-modify-write, and a goroutine would wait for it.
//!
//! # Suites
//!
//! `verify/loom/gstatus.rs`: one readier or two against a goroutine that parks, without a bound;
//! mutants GS2 (a readier that wins a goroutine which has not parked), GS3 (a commit before the
//! stack is kept), GS4 (a mark that the commit drops). A peeker against a goroutine that parks, yields
//! and is born: mutants GS14 (a run that is not counted), GS15 (a peeker that looks once).
//! `verify/shuttle/gstatus.rs`: the same, depth first.

use crate::base::{throw, throw_unless};
use crate::facade::{
    AtomicU32,
    Ordering::{AcqRel, Relaxed, Release},
    fence_against_switch,
};

const DEAD: u32 = 0;
const RUNNABLE: u32 = 1;
const READIED: u32 = 2;
const RUNNING: u32 = 3;
const WAITING: u32 = 4;

/// What a commit adds: RUNNING becomes WAITING, and READIED becomes RUNNING.
const COMMIT: u32 = 1;
const _: () = assert!(RUNNING + COMMIT == WAITING && READIED + COMMIT == RUNNING);

/// Where the state lies in the word,
const STATE: u32 = 7;
/// and what a run counts for.
const RUN: u32 = 8;

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
        match self.0.load(Relaxed) & STATE {
            DEAD => Status::Dead,
            RUNNABLE => Status::Runnable,
            WAITING => Status::Waiting,
            _ => Status::Running,
        }
    }

    /// After how many runs it waits, if it does. It has waited from one look to another that finds the same.
    pub(crate) fn waits_after(&self) -> Option<u32> {
        // Relaxed: a value that the word had, and has only once.
        let word = self.0.load(Relaxed);
        (word & STATE == WAITING).then_some(word / RUN)
    }

    /// The word as it is after a change of the state that only the owner of the goroutine makes.
    fn changed(&self, from: u32, to: u32) -> u32 {
        // Relaxed: owner-only in these states.
        let was = self.0.load(Relaxed);
        let state = was & STATE;
        throw_unless!(state == from, "goroutine status is {state}, not {from}, on its way to {to}");
        was - from + to
    }

    fn owned(&self, from: u32, to: u32) {
        // Relaxed: owner-only; the queues publish the goroutine.
        self.0.store(self.changed(from, to), Relaxed);
    }

    /// Dead to runnable.
    pub(crate) fn spawned(&self) {
        // ORDER Release: publishes the first frame, for a peeker; the queues publish it for who runs it.
        //   pairs    gstatus.peek.fence
        //   checked  loom gstatus::a_peeker_finds_a_new_stack_whole
        self.0.store(self.changed(DEAD, RUNNABLE), Release);
    }

    /// Runnable to running; the run is counted.
    pub(crate) fn run(&self) {
        // Relaxed: owner-only; the switch keeps it before what the goroutine does.
        self.0.store(self.changed(RUNNABLE, RUNNING).wrapping_add(RUN), Relaxed);
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
        // ORDER AcqRel.
        //   release: the stack that was left; pairs gstatus.ready.word
        //   checked  loom gstatus::a_readier_finds_the_stack_as_it_was_left
        //   acquire: what an early readier wrote; pairs gstatus.ready.word
        //   checked  loom gstatus::an_early_wakeup_brings_its_data
        match self.0.fetch_add(COMMIT, AcqRel) & STATE {
            RUNNING => Parked::Waiting,
            READIED => Parked::ReadiedFirst,
            other => throw!("goroutine parked with status {other}"),
        }
    }

    /// Ends a park: waiting to runnable, or a mark for the commit to find.
    pub(crate) fn ready(&self) -> Readied {
        // Relaxed: first-load.
        let mut was = self.0.load(Relaxed);
        loop {
            let state = was & STATE;
            let (to, readied) = match state {
                WAITING => (RUNNABLE, Readied::Won),
                RUNNING => (READIED, Readied::Marked),
                other => throw!("goroutine readied with status {other}"),
            };
            let to = was - state + to;
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

    /// What `copy` returns, if the goroutine was suspended all the time. Anybody may ask. `copy` may read
    /// what belongs to the goroutine's owner, in a way that bears with its being written meanwhile.
    pub(crate) fn peek_at<R>(&self, copy: impl FnOnce() -> R) -> Option<R> {
        // Relaxed: the fence orders it.
        let before = self.0.load(Relaxed);
        let count = suspended(before)?;
        // ORDER fence (MP with the switch, and with gstatus.spawned.word)
        //   mine     reads the word, then the stack
        //   other    writes the stack, switches, writes the word
        //   If I read the other's word, I read the stack as the other left it.
        //   checked  loom gstatus::a_peeker_finds_a_new_stack_whole
        fence_against_switch();
        let copied = copy();
        // ORDER fence (MP with the switch)
        //   mine     reads the stack, then the word
        //   other    writes the word, switches, writes the stack
        //   If I read anything that the other wrote to the stack, I read the other's count.
        //   checked  loom gstatus::a_peeker_finds_a_stack_whole_or_nothing
        fence_against_switch();
        // Relaxed: the fence orders it.
        let after = self.0.load(Relaxed);
        (suspended(after) == Some(count)).then_some(copied)
    }
}

/// The count of the runs, if the goroutine is suspended.
fn suspended(word: u32) -> Option<u32> {
    matches!(word & STATE, RUNNABLE | WAITING).then_some(word / RUN)
}
