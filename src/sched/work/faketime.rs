//! Virtual time in the scheduler: who counts as able to run (`proto/faketime`).
//!
//! Counted are the goroutines that are not waiting, each from its birth or its wake-up on; a goroutine that
//! blocks its thread in the kernel or computes is one of them. Whoever runs timers, sets one or moves some
//! is counted meanwhile. A runtime that goes by the real clock counts nobody: one branch.

use super::queue;
use crate::proto::faketime::{FakeTime, Left};
use crate::proto::gstatus::Readied;
use crate::proto::note::Note;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, Waker};
use crate::sched::gmp::schedt::Sched;

/// Whether there is work that the caller must announce (`wakep`).
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum News {
    None,
    Work,
}

/// A goroutine can run from here on, or its timers are touched: time stands still.
#[inline]
pub(crate) fn enter(sched: &Sched) {
    if let Some(time) = &sched.faketime {
        time.enter();
    }
}

/// A goroutine waits or has ended, or what `enter` was for is done.
#[inline]
pub(crate) fn leave(sched: &Sched) -> News {
    sched.faketime.as_ref().map_or(News::None, |time| leave_slow(sched, time))
}

#[cold]
fn leave_slow(sched: &Sched, time: &FakeTime<Waker>) -> News {
    act(sched, time, time.leave(|| sched.next_deadline()))
}

/// A goroutine is about to sleep on a note, with its thread.
///
/// # Safety
///
/// - The note stays where it is until [`FakeTime::get_up`].
pub(crate) unsafe fn lie_down(sched: &Sched, time: &FakeTime<Waker>, bed: &Note) -> News {
    // SAFETY: as the caller says.
    let left = unsafe { time.lie_down(bed, || sched.next_deadline()) };
    act(sched, time, left)
}

fn act(sched: &Sched, time: &FakeTime<Waker>, left: Left<Waker>) -> News {
    match left {
        Left::Still => return News::None,
        Left::Due => {}
        Left::All(wakers) => wakers.into_iter().for_each(|waker| wake(sched, time, waker)),
    }
    News::Work
}

/// Wakes one who is counted already.
fn wake(sched: &Sched, time: &FakeTime<Waker>, waker: Waker) {
    match waker {
        Waker::Goroutine(g) => {
            g::header(g).sched.say(|| Event::Readied(g));
            if g::header(g).status.ready() == Readied::Won {
                queue::put_shared(sched, g);
            }
        }
        Waker::Task(_) => crate::base::throw!("a task waits until all others wait"),
        Waker::Thread(note) => {
            note.wakeup();
            // The note counts from here on.
            let _ = act(sched, time, time.leave(|| sched.next_deadline()));
        }
    }
}
