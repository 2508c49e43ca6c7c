//! Stopping the world: one thread, the requester, wants an answer for every processor and waits for
//! all.
//!
//! # In short
//!
//! A requester wants every processor, and waits until each has been answered for. If an owner never
//! heard of the request, the requester would wait for ever. So the requester writes what it wants,
//! fences, and looks where each processor is; a thread that gets a processor writes its lease,
//! fences, and reads what is wanted. One of the two fences comes first: either the thread sees the
//! request, or the requester sees the lease and asks the thread. Processors become idle, and idle
//! ones are collected, under one lock, so none slips through there.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `wanted` | single-writer | the requester: what it wants, or NOTHING |
//! | `left` | RMW-only | the requester sets it; an owner that answers lowers it |
//! | `note` | see `proto/note` | the last owner to answer wakes the requester |
//!
//! `wanted` is NOTHING, STOP (each processor is to be given up) or POINT (each owner is to run a
//! safe-point function, see `proto/safepoint`). There is one requester at a time: the caller sees
//! to it, and hands that right on only after [`Stop::end`].
//!
//! # Invariants
//!
//! - I1: between [`Stop::wait`] for STOP and [`Stop::end`] the requester owns every processor.
//! - I2: each processor is answered for once: by its owner, who alone may [`arrive`](Stop::arrive)
//!   for it, and for STOP is its owner no more.
//! - I3: no owner is missed, so that the requester never waits for a processor whose owner does not
//!   know: every processor is idle, leased, or on its way to a thread.
//!
//! # Handshakes
//!
//! - SB, asymmetric: the requester writes `wanted`, fences, and looks where each processor is. A
//!   thread that gets a processor writes its lease, fences, and reads `wanted`. Either it sees that
//!   something is wanted, or the requester sees its lease and asks there (`proto/powner`, I3). So a
//!   processor on its way from one thread to another cannot slip through. The thread's fence is the
//!   light one: threads get processors more often than the world is stopped.
//! - An idle processor is found under the lock of the idle list, and a thread that gives one up
//!   looks at `wanted` under that lock (`proto/idle`).
//! - MP: what an owner did with a processor, `left` with Release; the requester reads it with
//!   Acquire when all have answered.
//!
//! # Source
//!
//! Go's `stopTheWorldWithSema`, `gcstopm` and `startTheWorldWithSema` (runtime/proc.go). Go counts
//! `stopwait` under its one lock, and repeats its requests every 100 us, because a request may hit
//! a goroutine that has just changed; here a request is kept where it was put.
//!
//! # Suites
//!
//! `verify/loom/stop.rs`, `verify/shuttle/stop.rs`: a thread that gets its processor meanwhile, and
//! a thread that makes its processor idle, without a bound; a thread with a lease, and a requester
//! that waits and stops twice, with at most 3 or 4 preemptions. With the whole scheduler:
//! `verify/loom/world.rs`.

use super::note::Note;
use crate::base::throw_unless;
use crate::facade::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    fence_heavy, fence_light,
};

/// What a requester wants of the owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Wanted {
    Nothing,
    /// Every processor.
    Stop,
    /// A safe-point function run for every processor.
    Point,
}

const NOTHING: u32 = 0;
const STOP: u32 = 1;
const POINT: u32 = 2;

/// What is wanted of all processors, and how many have not answered.
pub(crate) struct Stop {
    wanted: AtomicU32,
    left: AtomicU32,
    note: Note,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self { wanted: AtomicU32::new(NOTHING), left: AtomicU32::new(0), note: Note::new() }
    }

    /// Begins a request to the owners of `procs` processors. The requester now looks for them.
    ///
    /// `mark` leaves the request with each processor, where there is a word for that
    /// (`proto/safepoint`). From there on an owner may answer: it may have looked at `wanted`
    /// during an earlier request of the same kind, and continue only now.
    pub(crate) fn begin(&self, wanted: Wanted, procs: u32, mark: impl FnOnce()) {
        // Relaxed: the marks, and `wanted`, make it known.
        self.left.swap(procs, Relaxed);
        mark();
        let word = match wanted {
            Wanted::Nothing => NOTHING,
            Wanted::Stop => STOP,
            Wanted::Point => POINT,
        };
        // ORDER Release: the count is set before anybody lowers it.
        //   pairs    stop.wanted.wanted
        //   unchecked: in loom every read-modify-write comes after those that were made before it
        self.wanted.store(word, Release);
        // ORDER fence (SB with stop.acquired.fence).
        //   mine   write wanted, then look at every lease
        //   other  write lease,  then read wanted
        //   Mine first: a thread that gets a processor sees it. Other first: we see its lease.
        //   checked  loom stop::no_owner_is_missed
        fence_heavy();
    }

    /// What is wanted now. The owner of a processor sees each request, except one that has just
    /// begun; then the requester finds the owner.
    #[inline(always)]
    pub(crate) fn wanted(&self) -> Wanted {
        // ORDER Acquire: the count was set before we lower it.
        //   pairs    stop.begin.wanted
        //   unchecked: as in begin
        match self.wanted.load(Acquire) {
            NOTHING => Wanted::Nothing,
            STOP => Wanted::Stop,
            _ => Wanted::Point,
        }
    }

    /// Like [`wanted`](Self::wanted), for a thread that has just got a processor and written its
    /// lease.
    pub(crate) fn acquired(&self) -> Wanted {
        // ORDER fence (SB with stop.begin.fence).
        //   mine   write lease,  then read wanted
        //   other  write wanted, then look at every lease
        //   Mine first: the requester sees our lease. Other first: we see the request.
        //   checked  loom stop::no_owner_is_missed
        fence_light();
        self.wanted()
    }

    /// Answers for a processor. Once for each, by its owner.
    pub(crate) fn arrive(&self) {
        // ORDER Release: publishes what was done with the processor.
        //   pairs    stop.wait.left
        //   checked  loom stop::the_requester_sees_what_every_owner_did
        let was = self.left.fetch_sub(1, Release);
        throw_unless!(was > 0, "stop: more answers than processors");
        if was == 1 {
            self.note.wakeup();
        }
    }

    /// Waits until all have answered. Blocks the requester.
    pub(crate) fn wait(&self) {
        self.note.sleep();
        self.note.clear();
        // ORDER Acquire: receives what every owner did with its processor.
        //   pairs    stop.arrive.left
        //   checked  loom stop::the_requester_sees_what_every_owner_did
        let left = self.left.load(Acquire);
        throw_unless!(left == 0, "stop: {left} processors have not answered");
    }

    /// Ends the request. After this the requester gives the processors back.
    pub(crate) fn end(&self) {
        // Relaxed: a thread that gets a processor from here on learns it with the processor.
        self.wanted.store(NOTHING, Relaxed);
    }
}
