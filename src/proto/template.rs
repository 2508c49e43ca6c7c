//! Making threads by a clean thread: a thread that must not make others asks the template thread.
//!
//! A new thread inherits from its maker: namespaces, the mask of signals, scheduling. A thread that
//! is wired to a goroutine may have changed any of these for that goroutine.
//!
//! # In short
//!
//! A thread that must not make threads itself, the asker, asks the template thread to make one. The
//! request would lie there for ever if the template thread fell asleep just as it came. So the
//! template thread says that it waits in the same critical section in which it sees no request, and
//! the asker looks whether it waits in the same critical section in which it leaves the request. If
//! the template thread waits, the asker wakes it, and the note keeps a wake-up that comes before
//! the sleep. At the end no request is accepted any more, and the template thread serves those that
//! were.
//!
//! # Words
//!
//! | word | kind | who writes |
//! |---|---|---|
//! | `newm`, `is_waiting`, `is_closed` | under their lock | anyone |
//! | `wake` | see `proto/note` | the asker that takes `is_waiting` away; the template thread |
//!
//! # Invariants
//!
//! - I1: a request that was accepted is served once, also if the end comes meanwhile. A request
//!   that was refused goes back to the asker.
//! - I2: the template thread sleeps only while there is no request, and until there is one or the
//!   end.
//! - I3: the note is woken once for each sleep: `is_waiting` says that a wake-up is owed, and the
//!   thread that takes `is_waiting` away owes it.
//!
//! # Why it holds
//!
//! I2: "nothing is there" and "I wait" are one critical section, and so are "there is something"
//! and "does it wait". The note keeps a wake-up that comes before the sleep. It is cleared in the
//! section that says "I wait": the last wake-up has ended the last sleep, and the next comes after
//! that section. I1: the list is taken out whole, and the end is told only when it is empty.
//!
//! # Source
//!
//! Go's `newmHandoff`, `newm` and `templateThread` (runtime/proc.go). Go's template thread never
//! ends.
//!
//! # Suites
//!
//! `verify/loom/template.rs`: an asker that asks twice, an asker that asks and closes, the end
//! alone, an asker against the end, two askers. All are without a bound, under a lock that is taken
//! in one step. `verify/shuttle/template.rs`: the same depth first, most cut off, and four askers
//! against the end at random, under the real lock. There is no ordering here to weaken: the lock's
//! and the note's are `proto/lock`'s and `proto/note`'s. Mutants TT1 to TT5.

use core::marker::PhantomData;

use super::lock::{Exclude, Lock};
use super::note::Note;
use crate::base::rank::Rank;

/// Where requests wait for the template thread.
pub(crate) struct Template<T, L = Lock<Requests<T>>> {
    requests: L,
    wake: Note,
    kind: PhantomData<fn(T)>,
}

/// What was asked and not taken yet.
pub(crate) struct Requests<T> {
    newm: Vec<T>,
    is_waiting: bool,
    is_closed: bool,
}

impl<T, L: Exclude<Requests<T>>> Template<T, L> {
    pub(crate) fn new() -> Self {
        let requests = Requests { newm: Vec::new(), is_waiting: false, is_closed: false };
        Self { requests: L::new(Rank::Template, requests), wake: Note::new(), kind: PhantomData }
    }

    /// Asks for a thread. Never blocks for long. A request that is made before the template thread
    /// has begun waits for it.
    ///
    /// # Errors
    ///
    /// After the end: the request is the caller's again.
    pub(crate) fn ask(&self, request: T) -> Result<(), T> {
        let mut requests = self.requests.lock();
        if requests.is_closed {
            return Err(request);
        }
        requests.newm.push(request);
        self.wake(requests);
        Ok(())
    }

    /// Closes: no further request is accepted, and the template thread ends when it has served the
    /// accepted ones.
    pub(crate) fn close(&self) {
        let mut requests = self.requests.lock();
        requests.is_closed = true;
        self.wake(requests);
    }

    fn wake(&self, mut requests: L::Guard<'_>) {
        let is_waiting = core::mem::take(&mut requests.is_waiting);
        drop(requests);
        if is_waiting {
            self.wake.wakeup();
        }
    }

    /// The requests, in order; None after the end. Blocks the template thread, which alone calls
    /// it.
    pub(crate) fn serve(&self) -> Option<Vec<T>> {
        loop {
            let mut requests = self.requests.lock();
            if !requests.newm.is_empty() {
                return Some(core::mem::take(&mut requests.newm));
            }
            if requests.is_closed {
                return None;
            }
            requests.is_waiting = true;
            self.wake.clear();
            drop(requests);
            // Progress: a request or the end, at most one of which may have come and gone.
            self.wake.sleep();
        }
    }
}
