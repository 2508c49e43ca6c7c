//! The lease of a processor: a thread that runs user code keeps its processor only until another
//! thread takes it, and it notices at its next call into the runtime.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `mode` | single-writer | the thread: `USER` or `RUNTIME` |
//! | `lease` | RMW-only (the taker's end of a probe is a swap) | the thread and takers |
//!
//! `lease` holds the processor and one of four states:
//!
//! ```text
//!           acquire                probe              (mode was USER)
//!   NONE -----------> LEASED(p) ----------> TAKING(p) -----------------> TAKEN
//!    ^                  |   ^                   |                          |
//!    +----- release ----+   +-------------------+ (mode was RUNTIME)       |
//!    +----------------------------- enter (the thread notices) ------------+
//! ```
//!
//! | state | who owns the processor |
//! |---|---|
//! | LEASED, mode RUNTIME | the thread; nobody can take it |
//! | LEASED, mode USER | the thread, until taken |
//! | TAKING | as LEASED, but the thread waits if it comes back |
//! | TAKEN, NONE | not this thread |
//!
//! # Invariants
//!
//! - I1: a processor has one owner: the taker owns it only if it saw `USER` between its fence and
//!   the end of its probe.
//! - I2: a thread in a runtime section that has seen LEASED keeps its processor until it leaves.
//!
//! # Handshake (SB, asymmetric)
//!
//! The thread enters: writes `mode`, fences, reads `lease`. The taker: writes `lease`, fences, reads
//! `mode`. At least one sees the other's write: the thread sees TAKING and waits for the outcome, or
//! the taker sees RUNTIME and gives up. Entering is common and taking is rare, so the thread's fence
//! is the light one. Leaving is one Release store: what the thread did in the runtime is published
//! to the taker that reads `USER`.
//!
//! # Source
//!
//! Takes the place of Go's `entersyscall`, `exitsyscall` and `retake` (runtime/proc.go), for all
//! user code instead of announced system calls. The packing of the processor into the word makes
//! Go's ABA (`syscalltick`) impossible to express: a probe names the processor it wants.
//!
//! # Proof sketch
//!
//! I1: the taker's CAS makes the lease TAKING, which only it ends: the thread's `enter` and `release`
//! wait, and no other probe finds LEASED. If it then reads USER, that is the thread's last write of
//! `mode` before a RUNTIME whose fence comes after the taker's; behind that fence the thread sees
//! TAKING or TAKEN. An older USER cannot be read: a RUNTIME in between was fenced before the thread
//! read or wrote the lease that the taker's CAS found. I2: a probe that starts after the thread's
//! fence reads RUNTIME. The lease carries no data, so that all its accesses are Relaxed: what the
//! thread did with the processor is published by `mode`, and a processor reaches its next thread by
//! other means (`proto/idle`, `proto/handoff`).
//!
//! # Suites
//!
//! `verify/loom/powner.rs`: a thread with one or two sections against one taker, and against one
//! with an old answer, without a bound; two takers, and a thread that gets another processor or goes
//! back without one, with at most 3 or 4 preemptions. `verify/shuttle/powner.rs`: the same depth
//! first, cut off (the waiting loop), and three takers against many sections at random. Mutants PO1
//! to PO4.

use crate::base::{throw, throw_unless};
use crate::facade::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    fence_heavy, fence_light, spin_hint,
};

const USER: u32 = 0;
const RUNTIME: u32 = 1;

const NONE: u32 = 0;
const LEASED: u32 = 1;
const TAKING: u32 = 2;
const TAKEN: u32 = 3;
const STATE_BITS: u32 = 2;
const STATE: u32 = (1 << STATE_BITS) - 1;

fn leased(p: u32) -> u32 {
    p << STATE_BITS | LEASED
}

/// What a thread finds when it comes back from user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Entered {
    /// Its processor is still its own.
    WithP,
    /// The processor was taken; the thread has none.
    WithoutP,
}

/// What became of an attempt to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Take {
    /// The caller owns the processor now.
    Taken,
    /// The thread is in the runtime, or has no such processor.
    Refused,
}

/// One thread's lease.
pub(crate) struct Lease {
    mode: AtomicU32,
    lease: AtomicU32,
}

impl Lease {
    /// A thread in the runtime, without a processor.
    pub(crate) fn new() -> Self {
        Self { mode: AtomicU32::new(RUNTIME), lease: AtomicU32::new(NONE) }
    }

    /// The thread, in the runtime, becomes the owner of `p`.
    pub(crate) fn acquire(&self, p: u32) {
        // Relaxed: nobody probes a thread without a processor; the taker's CAS looks at no data.
        let was = self.lease.swap(leased(p), Relaxed);
        throw_unless!(was == NONE, "lease: acquired with {was:#x}");
    }

    /// The thread, in the runtime, stops being the owner of `p`.
    pub(crate) fn release(&self, p: u32) {
        // Progress: a probe ends at once, and gives up because the mode is RUNTIME.
        // Relaxed: hands nothing over; whoever gets the processor next is told by other means.
        while self.lease.compare_exchange(leased(p), NONE, Relaxed, Relaxed).is_err() {
            spin_hint();
        }
    }

    /// The thread goes into user code: from here on its processor may be taken.
    #[inline(always)]
    pub(crate) fn leave(&self) {
        // ORDER Release: publishes all that was done with the processor.
        //   pairs    powner.take.mode
        //   checked  loom powner::a_taker_sees_what_the_runtime_section_did
        self.mode.store(USER, Release);
    }

    /// The thread comes back from user code.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Entered {
        // Relaxed: the fence orders it.
        self.mode.store(RUNTIME, Relaxed);
        // ORDER fence (SB with powner.take.fence).
        //   mine   write mode,  then read lease
        //   other  write lease, then read mode
        //   Mine first: the taker sees RUNTIME and gives up. Other first: we see TAKING or TAKEN.
        //   checked  loom powner::a_processor_has_one_owner
        fence_light();
        // Relaxed: LEASED says that nothing changed; the slow way acquires.
        if self.lease.load(Relaxed) & STATE == LEASED {
            return Entered::WithP;
        }
        self.enter_slow()
    }

    /// The thread, just told that it has no processor, goes back into user code; its next
    /// [`enter`](Self::enter) tells it again.
    #[cold]
    pub(crate) fn leave_without_p(&self) {
        // Relaxed: nobody probes a thread whose processor is taken.
        self.lease.swap(TAKEN, Relaxed);
        // Relaxed: the same.
        self.mode.store(USER, Relaxed);
    }

    #[cold]
    fn enter_slow(&self) -> Entered {
        loop {
            // Relaxed: a probe that gave up did nothing with the processor.
            match self.lease.load(Relaxed) & STATE {
                LEASED => return Entered::WithP,
                TAKEN => {
                    // Relaxed: TAKEN is the thread's alone to end.
                    self.lease.swap(NONE, Relaxed);
                    return Entered::WithoutP;
                }
                TAKING => spin_hint(), // progress: the probe ends at once
                _ => throw!("lease: user code ran without a processor"),
            }
        }
    }

    /// Takes `p` from the thread, if it is in user code with it. Any thread may try.
    pub(crate) fn take(&self, p: u32) -> Take {
        let taking = p << STATE_BITS | TAKING;
        // Relaxed: the fence orders it.
        if self.lease.compare_exchange(leased(p), taking, Relaxed, Relaxed).is_err() {
            return Take::Refused;
        }
        // ORDER fence (SB with powner.enter.fence).
        //   mine   write lease, then read mode
        //   other  write mode,  then read lease
        //   Mine first: the thread sees TAKING and waits. Other first: we see RUNTIME and give up.
        //   checked  loom powner::a_processor_has_one_owner
        fence_heavy();
        // ORDER Acquire: receives what the thread did with the processor before it left.
        //   pairs    powner.leave.mode
        //   checked  loom powner::a_taker_sees_what_the_runtime_section_did
        let mode = self.mode.load(Acquire);
        let (end, answer) =
            if mode == USER { (TAKEN, Take::Taken) } else { (leased(p), Take::Refused) };
        // Relaxed: the thread learns only whether it still owns the processor.
        self.lease.swap(end, Relaxed);
        answer
    }
}
