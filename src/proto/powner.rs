//! The lease of a processor: a thread that runs user code keeps its processor only until another
//! thread takes it, and it notices at its next call into the runtime.
//!
//! # In short
//!
//! A thread keeps its processor while it runs user code, but another thread, the taker, may take
//! the processor then. The taker must not take it while the thread is in the runtime and uses it.
//! The thread writes whether it is in user code or in the runtime, fences, and reads its lease; the
//! taker claims the lease, fences, and reads where the thread is. One of the two fences comes
//! first: either the thread sees the claim and waits for its outcome, or the taker sees that the
//! thread is in the runtime. Then the taker leaves a mark, and the thread gives the processor up
//! when it leaves the runtime.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `mode` | single-writer | the thread: `USER` or `RUNTIME` |
//! | `lease` | RMW-only (the taker's end of a probe is a swap) | the thread and takers |
//! | `holder` | one for each processor, single-writer | its owner: the thread that owns it, or did last |
//!
//! `lease` holds the processor and one of five states:
//!
//! ```text
//!           acquire                take               (mode was USER)
//!   NONE -----------> LEASED(p) ----------> TAKING(p) ------------------> TAKEN
//!    ^                  |   ^                |     ^                      ^  |
//!    +---- release -----+   |   (RUNTIME)    v     | take                 |  |
//!    +---- release ---------|------------ WANTED(p)+------- leave --------+  |
//!    |                      +-- answer -----+                                |
//!    +----------------------------- enter (the thread notices) -------------+
//! ```
//!
//! | state | who owns the processor |
//! |---|---|
//! | LEASED, mode RUNTIME | the thread; nobody can take it |
//! | LEASED, mode USER | the thread, until taken |
//! | TAKING | as LEASED, but the thread waits for the outcome before it comes or goes |
//! | WANTED | as LEASED; the thread has been asked for it, and gives it up when it leaves |
//! | TAKEN, NONE | not this thread |
//!
//! # Invariants
//!
//! - I1: a processor has one owner: the taker owns it only if it saw `USER` between its fence and
//!   the end of its probe.
//! - I2: a thread in a runtime section that has seen LEASED keeps its processor until it leaves.
//! - I3: a taker that was refused because the thread was in the runtime is not forgotten: the
//!   thread finds the mark when it leaves, if not before, and then reads, in atomic words, what the
//!   taker wrote before it asked.
//!
//! # Handshakes (SB, asymmetric)
//!
//! The thread enters: writes `mode`, fences, reads `lease`. The taker: writes `lease`, fences,
//! reads `mode`. At least one sees the other's write: the thread sees TAKING and waits for the
//! outcome, or the taker sees RUNTIME and leaves its mark. The thread leaves by the same steps,
//! with USER in place of RUNTIME: it sees TAKING or the mark, or the taker sees USER. So a taker
//! asks once. Go's stop-the-world has to ask again every 100 us, because the thread may have left
//! the runtime meanwhile. Entering and leaving are common and taking is rare, so the thread's fence
//! is the light one. What the thread did in the runtime is published to the taker that reads
//! `USER`.
//!
//! `holder` names the thread to ask (MP: the thread is made, then named there). The name may be out
//! of date. Then the probe finds that the lease is not of this processor, and is refused.
//!
//! # Source
//!
//! Takes the place of Go's `entersyscall`, `exitsyscall` and `retake` (runtime/proc.go), for all
//! user code instead of announced system calls. The packing of the processor into the word makes
//! Go's ABA (`syscalltick`) impossible to express: a probe names the processor it wants. The mark
//! is what Go's `preempt` flag and its signal are: a request that is seen at the next safe point.
//!
//! # Proof sketch
//!
//! I1: the taker's CAS makes the lease TAKING, which only it ends: the thread's steps wait, and no
//! other probe finds LEASED or WANTED. If it then reads USER, that is the thread's last write of
//! `mode` before a RUNTIME whose fence comes after the taker's; behind that fence the thread sees
//! TAKING or TAKEN. An older USER cannot be read: a RUNTIME in between was fenced before the thread
//! read or wrote the lease that the taker's CAS found. I2: a probe that starts after the thread's
//! fence reads RUNTIME. I3: the mark stands until the thread takes it away (`answer`, `release`) or
//! gives the processor up (`leave`), and by the second handshake `leave` sees it. What the thread
//! did with the processor is published by `mode`; the lease publishes only what the taker wrote
//! before it asked, and a processor reaches its next thread by other means (`proto/idle`,
//! `proto/handoff`).
//!
//! # Suites
//!
//! `verify/loom/powner.rs`: a thread with one or two sections against one taker, against one with
//! an old answer, what the taker wrote before it asked, and two takers alone, without a bound; a
//! thread that gets another processor or goes back without one, with at most 4 preemptions. Two
//! takers beside the thread are shuttle's part: three threads that wait for each other's probes
//! have more executions than loom ends in minutes, with 2 preemptions already.
//! `verify/shuttle/powner.rs`: all of these depth first, cut off (the waiting loops), and three
//! takers against many sections at random. Mutants PO1 to PO7.

use core::ptr::{NonNull, null_mut};

use crate::base::{throw, throw_unless};
use crate::facade::{
    AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    fence_heavy, fence_light, spin_hint,
};

const USER: u32 = 0;
const RUNTIME: u32 = 1;

const NONE: u32 = 0;
const LEASED: u32 = 1;
const TAKING: u32 = 2;
const TAKEN: u32 = 3;
const WANTED: u32 = 4;
const STATE_BITS: u32 = 3;
const STATE: u32 = (1 << STATE_BITS) - 1;

fn word(p: u32, state: u32) -> u32 {
    p << STATE_BITS | state
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

/// What a thread has to do when it goes into user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Left {
    /// Nothing: it goes with its processor, if nobody takes it.
    Kept,
    /// Its processor was wanted. The thread continues without it, and must hand it on.
    GaveUp(u32),
}

/// What became of an attempt to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Take {
    /// The caller owns the processor now.
    Taken,
    /// The thread is in the runtime, and gives the processor up when it leaves or looks for work.
    Asked,
    /// The thread has no such processor.
    Refused,
}

/// Which thread's lease to ask for a processor.
pub(crate) struct Holder<M>(AtomicPtr<M>);

impl<M> Holder<M> {
    pub(crate) fn nobody() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }

    /// Names the thread that owns the processor from here on. Only its owner calls it.
    pub(crate) fn set(&self, m: NonNull<M>) {
        // ORDER Release: publishes the thread's lease, which may be new.
        //   pairs    powner.get.holder
        //   checked  loom powner::a_taker_sees_a_thread_that_is_made
        self.0.store(m.as_ptr(), Release);
    }

    /// The thread that owns the processor, or did last; a hint.
    pub(crate) fn get(&self) -> Option<NonNull<M>> {
        // ORDER Acquire: receives the thread's lease.
        //   pairs    powner.set.holder
        //   checked  loom powner::a_taker_sees_a_thread_that_is_made
        NonNull::new(self.0.load(Acquire))
    }
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
        // Relaxed: the taker's CAS looks at no data; a requester of a stop fences (`proto/stop`).
        let was = self.lease.swap(word(p, LEASED), Relaxed);
        throw_unless!(was == NONE, "lease: acquired with {was:#x}");
    }

    /// Changes the lease of `p`, held by the thread in the runtime, once no probe is under way.
    fn change(&self, p: u32, to: u32) {
        // Relaxed: first-load.
        let mut was = self.lease.load(Relaxed);
        loop {
            if was == word(p, TAKING) {
                spin_hint(); // progress: the probe ends at once, and leaves its mark
                was = self.lease.load(Relaxed);
                continue;
            }
            throw_unless!(
                was == word(p, LEASED) || was == word(p, WANTED),
                "lease: {was:#x} where {p} was leased"
            );
            // ORDER Acquire: receives what a taker wrote before it asked.
            //   pairs    powner.take.fence
            //   checked  loom powner::one_who_was_asked_sees_what_for
            match self.lease.compare_exchange(was, to, Acquire, Relaxed) {
                Ok(_) => return,
                Err(now) => was = now,
            }
        }
    }

    /// The thread, in the runtime, stops being the owner of `p`.
    pub(crate) fn release(&self, p: u32) {
        self.change(p, NONE);
    }

    /// Whether a taker asked for the processor. A hint: the thread knows for certain when it
    /// leaves.
    #[inline(always)]
    pub(crate) fn is_wanted(&self) -> bool {
        // Relaxed: hint.
        self.lease.load(Relaxed) & STATE != LEASED
    }

    /// The processor that the thread has; for others than the thread, a hint.
    pub(crate) fn leased(&self) -> Option<u32> {
        // Relaxed: hint.
        let lease = self.lease.load(Relaxed);
        matches!(lease & STATE, LEASED | TAKING | WANTED).then_some(lease >> STATE_BITS)
    }

    /// The thread, in the runtime, takes the mark away: it does what was asked, or need not.
    #[cold]
    pub(crate) fn answer(&self, p: u32) {
        self.change(p, word(p, LEASED));
    }

    /// The thread, in the runtime, asks itself for `p`.
    #[cold]
    pub(crate) fn want(&self, p: u32) {
        self.change(p, word(p, WANTED));
    }

    /// The thread goes into user code: from here on its processor may be taken.
    #[inline(always)]
    pub(crate) fn leave(&self) -> Left {
        // ORDER Release: publishes all that was done with the processor.
        //   pairs    powner.take.mode
        //   checked  loom powner::a_taker_sees_what_the_runtime_section_did
        self.mode.store(USER, Release);
        // ORDER fence (SB with powner.take.fence).
        //   mine   write mode,  then read lease
        //   other  write lease, then read mode
        //   Mine first: the taker sees USER and takes. Other first: we see TAKING or its mark.
        //   checked  loom powner::a_taker_sees_what_the_runtime_section_did
        fence_light();
        // Relaxed: LEASED says that nobody asked; the slow way acquires.
        if self.lease.load(Relaxed) & STATE == LEASED {
            return Left::Kept;
        }
        self.leave_slow()
    }

    #[cold]
    fn leave_slow(&self) -> Left {
        loop {
            // Relaxed: rechecked by the CAS.
            let lease = self.lease.load(Relaxed);
            match lease & STATE {
                LEASED | TAKEN => return Left::Kept,
                TAKING => spin_hint(), // progress: the probe ends at once
                WANTED => {
                    // Relaxed: the taker asked because it did not see USER, so its fence comes
                    // before ours, and what it wrote before is what we read from here on.
                    if self.lease.compare_exchange(lease, TAKEN, Relaxed, Relaxed).is_ok() {
                        return Left::GaveUp(lease >> STATE_BITS);
                    }
                }
                _ => throw!("lease: left for user code without a processor"),
            }
        }
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
                LEASED | WANTED => return Entered::WithP,
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

    /// Takes `p` from the thread if it is in user code with it, and asks for it if it is in the
    /// runtime with it. Any thread may try.
    pub(crate) fn take(&self, p: u32) -> Take {
        if !self.probe(p) {
            return Take::Refused;
        }
        // ORDER fence (SB with powner.enter.fence and powner.leave.fence).
        //   mine   write lease, then read mode
        //   other  write mode,  then read lease
        //   Mine first: the thread sees TAKING and waits. Other first: we see where it is now.
        //   It also publishes, with the mark, what the thread is asked for (powner.change.lease).
        //   checked  loom powner::a_processor_has_one_owner
        fence_heavy();
        // ORDER Acquire: receives what the thread did with the processor before it left.
        //   pairs    powner.leave.mode
        //   checked  loom powner::a_taker_sees_what_the_runtime_section_did
        let mode = self.mode.load(Acquire);
        let (end, answer) =
            if mode == USER { (TAKEN, Take::Taken) } else { (word(p, WANTED), Take::Asked) };
        // Relaxed: the fence above publishes what the thread is asked for.
        self.lease.swap(end, Relaxed);
        answer
    }

    /// Begins a probe: true if the thread has `p`, and then the caller must end it.
    fn probe(&self, p: u32) -> bool {
        // Relaxed: first-load.
        let mut was = self.lease.load(Relaxed);
        loop {
            if was == word(p, TAKING) {
                spin_hint(); // progress: the other probe ends at once
                was = self.lease.load(Relaxed);
                continue;
            }
            if was != word(p, LEASED) && was != word(p, WANTED) {
                return false;
            }
            // Relaxed: the fence in `take` orders it.
            match self.lease.compare_exchange(was, word(p, TAKING), Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => was = now,
            }
        }
    }
}
