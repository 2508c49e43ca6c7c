//! A clock that stands still while anybody who goes by it can run, and jumps to the next deadline when
//! nobody can.
//!
//! # In short
//!
//! The clock counts who can run: goroutines that are not waiting, and whoever fires timers or moves them.
//! A waker counts the goroutine that it wakes before that one can run, and a goroutine that waits is counted
//! out after it has begun to wait. So the count is never too low. Whoever brings it to zero looks for the
//! next deadline and moves the clock there, all under one lock. Nobody can be counted in meanwhile, so the
//! clock never moves while one who was counted runs.
//!
//! # Words
//!
//! All of it lies behind one lock: the moment, the count, those who wait until the others do, and the notes
//! of those who sleep with their thread.
//!
//! # Invariants
//!
//! - I1: the count is at least the number of those who can run.
//! - I2: the moment changes only while the count is zero and no note of a sleeper is set, or by one who is
//!   counted (`advance`).
//! - I3: with the lock free and the count zero, no deadline is pending but those that are due, and a thread
//!   was told of these.
//! - I4: a deadline is added, or moved from one heap to another, by one who is counted.
//!
//! # Handshakes
//!
//! A goroutine that unwinds sleeps with its thread. Its waker sets a note, and does not know that a
//! goroutine sleeps there. So the note is listed while its goroutine is counted out, and whoever finds the
//! count zero looks at the listed notes: one that is set is a goroutine that can run. The waker set it while
//! it was counted itself, before it was counted out under the lock. The goroutine counts itself in first,
//! and takes its note from the list then.
//!
//! A deadline that the clock jumps to is like a goroutine that was queued: who moved the clock tells a
//! thread as a submitter does ([`idle`](super::idle)), and a thread that goes idle reads the clock in its
//! last look.
//!
//! An ordinary thread is not counted. It may wake a goroutine just before the clock jumps or just after:
//! both exist, and in both the goroutine sees one moment from its wake-up to its next wait.
//!
//! # Rejected
//!
//! To ask the lists of idle processors and threads whether all wait: a goroutine that blocks in the kernel
//! has no processor and can run, and a thread between two lists is in none.
//!
//! An atomic count: the first who is counted in must keep the clock from moving, so it needs the lock
//! then, and that is most of the time where goroutines wait for the clock.
//!
//! # Source
//!
//! Go's `synctestBubble` (`runtime/synctest.go`: `running`, `active`, `maybeWakeLocked`) and `faketime`
//! (`checkdead` in `runtime/proc.go`).
//!
//! # Suites
//!
//! `verify/loom/faketime.rs`, `verify/shuttle/faketime.rs`: goroutines that are played by threads, and
//! whole runtimes. Mutants VT1 (who wakes counts too late), VT2 (who waits is counted out too early), VT3
//! (who fires is not counted), VT5 (who sets a timer from outside is not counted), VT6 (a note that is set
//! is not looked at), VT7 (the clock jumps over one who waits until the others do), VT8 (who moves the clock
//! tells nobody). No model is deep enough to see one who moves timers and is not counted.

use core::ptr::NonNull;
use std::time::{Duration, Instant};

use super::lock::Lock;
use super::note::Note;
use super::timers::NEVER;
use super::waitq::{Waiter, Waitq, Withdrawn};
use crate::base::rank::Rank;
use crate::base::throw_unless;

/// The end of time: what is due then never comes.
const LAST: u64 = NEVER - 1;

/// The clock. `W` wakes one who waits until all others do.
pub(crate) struct FakeTime<W> {
    /// A moment of the clock, and what it is called outside.
    epoch: (u64, Instant),
    state: Lock<State<W>>,
}

struct State<W> {
    now: u64,
    /// Those who can run.
    active: usize,
    /// Where those sleep who sleep with their thread.
    beds: Vec<NonNull<Note>>,
    /// Those who wait until all others do.
    last: Waitq<(), W>,
}

// SAFETY: a listed note stays in place, and may be looked at from anywhere.
unsafe impl<W: Send> Send for State<W> {}

/// What follows from the wait of one who could run.
#[must_use]
pub(crate) enum Left<W> {
    /// Nothing.
    Still,
    /// Timers are due: a thread must be told.
    Due,
    /// These waited until all others did. The caller wakes them; each is counted already.
    All(Vec<W>),
}

impl<W: Send> FakeTime<W> {
    /// A clock that shows `now` on the scheduler's clock, and `instant` to users.
    pub(crate) fn new(now: u64, instant: Instant) -> Self {
        let state = State { now, active: 0, beds: Vec::new(), last: Waitq::new() };
        Self { epoch: (now, instant), state: Lock::new(Rank::FakeTime, state) }
    }

    pub(crate) fn now_ns(&self) -> u64 {
        self.state.lock().now
    }

    /// A moment, as users call it.
    pub(crate) fn instant(&self, ns: u64) -> Instant {
        let (since, instant) = self.epoch;
        instant + Duration::from_nanos(ns.saturating_sub(since))
    }

    /// One more can run: called before it can.
    pub(crate) fn enter(&self) {
        self.state.lock().active += 1;
    }

    /// One less can run: called when it has begun to wait. If that was the last, the clock moves on to
    /// the deadline that `next` finds.
    pub(crate) fn leave(&self, next: impl FnOnce() -> u64) -> Left<W> {
        let mut state = self.state.lock();
        state.leave();
        state.decide(next)
    }

    /// Like [`leave`](Self::leave), for one who is about to sleep on a note.
    ///
    /// # Safety
    ///
    /// - The note stays where it is until [`get_up`](Self::get_up).
    pub(crate) unsafe fn lie_down(&self, bed: &Note, next: impl FnOnce() -> u64) -> Left<W> {
        let mut state = self.state.lock();
        state.beds.push(NonNull::from_ref(bed));
        state.leave();
        state.decide(next)
    }

    /// One who slept on a note can run; called before that is cleared.
    pub(crate) fn get_up(&self, bed: &Note) {
        let mut state = self.state.lock();
        state.active += 1;
        state.beds.retain(|other| *other != NonNull::from_ref(bed));
    }

    /// Moves the clock on by so much; for one who can run.
    pub(crate) fn advance(&self, ns: u64) {
        let mut state = self.state.lock();
        state.now = state.now.saturating_add(ns).min(LAST);
    }

    /// Queues one who is about to wait until all others do.
    ///
    /// # Safety
    ///
    /// - The node stays where it is until its waker was used, or it was withdrawn.
    pub(crate) unsafe fn queue(&self, waiter: &Waiter<(), W>) {
        // SAFETY: as the caller says.
        unsafe { self.state.lock().last.push_back(waiter) };
    }

    /// Takes out one who will never run again.
    pub(crate) fn withdraw(&self, waiter: &Waiter<(), W>) -> Withdrawn<(), W> {
        self.state.lock().last.withdraw(waiter)
    }
}

impl<W> State<W> {
    fn leave(&mut self) {
        throw_unless!(self.active > 0, "faketime: fewer than none can run");
        self.active -= 1;
    }

    /// Whether nobody can run.
    fn all_wait(&self) -> bool {
        // SAFETY: a listed note stays in place (`lie_down`).
        self.active == 0 && !self.beds.iter().any(|bed| unsafe { bed.as_ref() }.is_set())
    }

    fn decide(&mut self, next: impl FnOnce() -> u64) -> Left<W> {
        if !self.all_wait() {
            return Left::Still;
        }
        if !self.last.is_empty() {
            return Left::All(self.take_last());
        }
        match next() {
            LAST | NEVER => Left::Still,
            next => {
                self.now = self.now.max(next);
                Left::Due
            }
        }
    }

    /// Takes out all who wait until the others do, and counts them.
    fn take_last(&mut self) -> Vec<W> {
        let all: Vec<W> =
            core::iter::from_fn(|| self.last.pop(|()| ()).map(|((), waker)| waker)).collect();
        self.active += all.len();
        all
    }
}
