//! What the kernel says of descriptors, and a bed whose sleeper can hear it. Outside the checkers.
//!
//! The queue belongs to the process: whoever takes an event wakes the goroutine that it is for, of whichever
//! runtime. A child of fork has a queue of its own.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

use super::event::{Ears, Event};
use super::process::{Global, Word, forks};
use super::sleep::SleptOn;
use super::{AtomicU32, now_ns, own::OwnCell};
use crate::machine::{self, poll};

/// The queue: its descriptor and one, and above that how many forks the process had come through.
static QUEUE: Word = Word::new(0);
static MAKING: Global<()> = Global::new();

/// The kernel's queue, or why it refuses one.
fn queue() -> io::Result<BorrowedFd<'static>> {
    known().map_or_else(make, Ok)
}

fn known() -> Option<BorrowedFd<'static>> {
    let word = QUEUE.get();
    let fd = i32::try_from((word & 0xffff_ffff).checked_sub(1)?).ok()?;
    // SAFETY: never closed.
    (word >> 32 == forks()).then(|| unsafe { BorrowedFd::borrow_raw(fd) })
}

#[cold]
fn make() -> io::Result<BorrowedFd<'static>> {
    MAKING.init(|| ());
    let made = MAKING.with(|()| known().map_or_else(make_alone, Ok));
    made.expect("it is there since the line before")
}

/// With `MAKING` held.
fn make_alone() -> io::Result<BorrowedFd<'static>> {
    let fd = poll::queue()?.into_raw_fd();
    QUEUE.set((fd.cast_unsigned() as usize + 1) | (forks() << 32));
    // SAFETY: just made, and never closed.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Keeps all others from making the queue: a child of fork could not finish what they had begun.
pub(crate) fn keep() {
    MAKING.init(|| ());
    MAKING.keep();
}

/// Lets others make it again.
///
/// # Safety
///
/// - This thread has called [`keep`] since it last called this, or is a copy of the one that did.
pub(crate) unsafe fn let_go() {
    // SAFETY: as the caller says.
    unsafe { MAKING.let_go() };
}

/// Has the kernel say what becomes of a descriptor.
///
/// # Errors
///
/// The kernel's, if it refuses.
pub(crate) fn watch(fd: RawFd, whose: usize) -> io::Result<()> {
    poll::watch(queue()?, fd, whose as u64)
}

/// Has the kernel say no more of a descriptor.
pub(crate) fn forget(fd: RawFd) {
    if let Some(queue) = known() {
        poll::forget(queue, fd);
    }
}

/// No descriptor: the kernel passes it over.
const NONE: RawFd = -1;

/// So many events are taken at once.
const ROOM: usize = 128;

/// Takes events that are there. Does not wait. Says whether there may be more.
pub(crate) fn take(mut each: impl FnMut(Event)) -> bool {
    let Some(queue) = known() else { return false };
    let mut room = [NO_EVENT; ROOM];
    let n = poll::take(queue, &mut room);
    pass_on(&room[..n], &mut each);
    n == ROOM
}

const NO_EVENT: poll::Event = poll::Event { events: 0, u64: 0 };

/// No descriptor's word: a bell rings. It is for its owner, who hears of it until he has hushed it.
const BELL: u64 = 0;

fn pass_on(events: &[poll::Event], each: &mut impl FnMut(Event)) {
    let of_descriptors = events.iter().filter(|event| event.u64 != BELL);
    of_descriptors.for_each(|&event| each(read(event)));
}

#[expect(clippy::cast_possible_truncation, reason = "64-bit machines only")]
fn read(event: poll::Event) -> Event {
    let has = |mask: i32| event.events & mask.cast_unsigned() != 0;
    let is_over = has(libc::EPOLLHUP | libc::EPOLLERR);
    Event {
        whose: event.u64 as usize,
        input: has(libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLPRI) || is_over,
        output: has(libc::EPOLLOUT) || is_over,
        is_end: has(libc::EPOLLRDHUP | libc::EPOLLPRI) || is_over,
    }
}

/// What one sleep takes at most.
const BATCH: usize = 32;

#[derive(Clone, Copy)]
struct Batch {
    events: [poll::Event; BATCH],
    count: usize,
    /// Whether that was everything.
    is_all: bool,
}

impl Default for Batch {
    fn default() -> Self {
        Self { events: [NO_EVENT; BATCH], count: 0, is_all: false }
    }
}

/// Where one thread sleeps until a word changes, a moment comes, or the kernel has events.
pub(crate) struct Bed {
    word: AtomicU32,
    /// Without one nothing is heard.
    bell: Option<OwnedFd>,
    /// The queue in which the bell is, as `QUEUE` has it. The sleeper's.
    rings_in: OwnCell<usize>,
    /// What the sleeper heard, and has not taken yet. Its own.
    heard: OwnCell<Batch>,
}

// SAFETY: one thread after another sleeps here, and each receives what the last one did (`proto/pollbreak`, I1).
//         Nobody else uses what is the sleeper's.
unsafe impl Sync for Bed {}

impl Bed {
    pub(crate) fn new(value: u32) -> Self {
        Self {
            word: AtomicU32::new(value),
            bell: poll::bell().ok(),
            rings_in: OwnCell::new(0),
            heard: OwnCell::new(Batch::default()),
        }
    }

    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.word
    }

    /// Whether a sleeper can hear events.
    pub(crate) fn can_hear(&self) -> bool {
        self.bell.is_some()
    }

    /// Sleeps while the word is `expected`, until `deadline_ns` at the latest, and until there are events if
    /// `ears` are open. May return for no reason. After the word was changed, [`wake`](Self::wake) ends it.
    /// Only the sleeper calls it.
    pub(crate) fn sleep_until(&self, expected: u32, deadline_ns: u64, ears: Ears) {
        let sleep = || self.sleep(expected, deadline_ns, ears);
        if deadline_ns == u64::MAX { sleep() } else { machine::clock::sharply(sleep) }
    }

    fn sleep(&self, expected: u32, deadline_ns: u64, ears: Ears) {
        let Some(bell) = &self.bell else {
            machine::futex::wait(self.word.address(), expected, Some(deadline_ns));
            return;
        };
        let at_most_ns = (deadline_ns != u64::MAX).then(|| deadline_ns.saturating_sub(now_ns()));
        let queue = if ears == Ears::Open { known() } else { None };
        if queue.is_some_and(|queue| self.sleep_in(queue, bell, at_most_ns)) {
            return;
        }
        let mut fds = [poll::input(bell.as_raw_fd()), poll::input(NONE)];
        fds[1].fd = queue.map_or(NONE, |queue| queue.as_raw_fd());
        if poll::sleep(&mut fds, at_most_ns).is_ok() && fds[0].revents != 0 {
            poll::hush(bell.as_fd());
        }
    }

    /// Sleeps in the kernel's queue, and takes what comes; false if the kernel refuses. It wakes a thread that
    /// sleeps there more cheaply than one that sleeps until the queue has something, and on the processor
    /// whose work it was to wake it.
    fn sleep_in(&self, queue: BorrowedFd<'_>, bell: &OwnedFd, at_most_ns: Option<u64>) -> bool {
        if self.rings_in.get() != QUEUE.get() {
            if poll::watch_bell(queue, bell.as_fd(), BELL).is_err() {
                return false;
            }
            self.rings_in.set(QUEUE.get());
        }
        let mut batch = Batch::default();
        let Ok(count) = poll::wait(queue, &mut batch.events, at_most_ns) else { return false };
        (batch.count, batch.is_all) = (count, count < BATCH);
        if batch.events[..count].iter().any(|event| event.u64 == BELL) {
            poll::hush(bell.as_fd());
        }
        self.heard.set(batch);
        true
    }

    /// Takes what was heard in the last sleep. Only the sleeper calls it. Says whether there may be more.
    pub(crate) fn take_heard(&self, mut each: impl FnMut(Event)) -> bool {
        let batch = self.heard.take();
        pass_on(&batch.events[..batch.count], &mut each);
        !batch.is_all
    }

    /// Ends the sleep of who sleeps here, or the next one's.
    pub(crate) fn wake(&self) {
        match &self.bell {
            Some(bell) => poll::ring(bell.as_fd()),
            None => machine::futex::wake(self.word.address(), 1),
        }
    }
}

/// A child of fork may have the bell too, and then it would ring on in the queue.
impl Drop for Bed {
    fn drop(&mut self) {
        if let Some(bell) = &self.bell
            && self.rings_in.get() == QUEUE.get()
        {
            forget(bell.as_raw_fd());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_that_a_child_of_fork_has_too_does_not_ring_on() {
        let queue = queue().unwrap();
        let bed = Bed::new(0);
        bed.sleep_until(0, now_ns() + 1_000, Ears::Open);
        let _of_the_child = bed.bell.as_ref().unwrap().try_clone().unwrap();
        bed.wake();
        // Takes nothing: the queue is the whole process's.
        let rings = || !poll::sleep(&mut [poll::input(queue.as_raw_fd())], Some(0)).unwrap();
        assert!(rings());
        drop(bed);
        let end = now_ns() + 10_000_000_000;
        // Others of this process may have events now and then.
        while rings() {
            assert!(now_ns() < end, "it rings on");
        }
    }
}
