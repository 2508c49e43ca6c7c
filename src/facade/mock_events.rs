//! The kernel's events in a model: a thread of the model delivers them.

#![allow(clippy::disallowed_types, reason = "the only door")]

use std::io;
use std::os::fd::RawFd;

use super::backend::{process_wide, raw};
use super::directed;
use super::event::{Ears, Event};
use super::moments::Sleepers;
use super::sleep::{Slept, SleptOn};
use super::{AtomicU32, AtomicUsize, Ordering};

/// The kernel's queue.
struct Queue {
    /// How many are there: what a sleeper looks at, with its bed's mutex held.
    count: AtomicUsize,
    events: raw::Mutex<Vec<Event>>,
}

process_wide! {
    static QUEUE: Queue = Queue { count: AtomicUsize::new(0), events: raw::Mutex::new(Vec::new()) }
}

/// A model has no descriptors: its threads call [`deliver`]. In a check there are simulated ones.
pub(crate) fn watch(fd: RawFd, word: usize) -> io::Result<()> {
    if directed::watch(fd, word) { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

/// A model does not fork.
pub(crate) fn keep() {}

/// As above.
///
/// # Safety
///
/// - None: the shape of the real one.
pub(crate) unsafe fn let_go() {}

/// As [`watch`].
pub(crate) fn forget(fd: RawFd) {
    directed::forget(fd);
}

/// The kernel has an event, and ends the sleeps that hear it. For the threads of a model.
#[cfg(test)]
#[allow(dead_code, reason = "only the models ask")]
pub(crate) fn deliver(event: Event) {
    QUEUE.events.lock().expect("a checker's mutex is not poisoned").push(event);
    QUEUE.count.fetch_add(1, Ordering::AcqRel);
    super::moments::wake_all();
}

/// Takes the events that are there. Does not wait. There are no more then.
pub(crate) fn take(mut each: impl FnMut(Event)) -> bool {
    if QUEUE.count.fetch_add(0, Ordering::AcqRel) > 0 {
        let events = {
            let mut events = QUEUE.events.lock().expect("a checker's mutex is not poisoned");
            QUEUE.count.fetch_sub(events.len(), Ordering::AcqRel);
            core::mem::take(&mut *events)
        };
        events.into_iter().for_each(&mut each);
    }
    false
}

/// Where one thread sleeps until a word changes, a moment comes, or the kernel has events.
pub(crate) struct Bed {
    word: AtomicU32,
    sleepers: Sleepers,
}

impl Bed {
    pub(crate) fn new(value: u32) -> Self {
        Self { word: AtomicU32::new(value), sleepers: Sleepers::new() }
    }

    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.word
    }

    #[expect(clippy::unused_self, reason = "the shape of the real one")]
    pub(crate) fn can_hear(&self) -> bool {
        true
    }

    /// Unlike the real one it does not return for no reason: a sleeper that every event wakes would hide that
    /// nobody told it to listen.
    pub(crate) fn sleep_until(&self, expected: u32, deadline_ns: u64, ears: Ears) {
        let hears = || ears == Ears::Open && QUEUE.count.fetch_add(0, Ordering::AcqRel) > 0;
        loop {
            let slept = self.sleepers.wait_until_or(&self.word, expected, deadline_ns, hears);
            if slept == Slept::TimedOut || self.word.value() != expected || hears() {
                return;
            }
        }
    }

    #[expect(clippy::unused_self, reason = "the shape of the real one")]
    pub(crate) fn take_heard(&self, each: impl FnMut(Event)) -> bool {
        take(each)
    }

    pub(crate) fn wake(&self) {
        self.sleepers.wake_one(&self.word);
    }
}
