//! Who waits, and how to wake them: a goroutine parks, an ordinary thread sleeps, and a waker need
//! not know which.

use std::sync::Arc;

use super::ready::ready;
use super::section::{Section, Tried};
use crate::facade::{panicking, process::is_stranded, tls};
use crate::proto::note::{Note, Sleep};
use crate::sched::gmp::fork;
use crate::sched::gmp::g::Waker;
use crate::sched::gmp::marks::stops_here;
use crate::sched::gmp::wait::Wait;

/// Where this code runs, about to wait.
///
/// A goroutine stays in the runtime section from here until it has waited: it must not lose its P
/// between telling its wakers and parking.
pub(crate) enum Here {
    /// On a goroutine.
    Goroutine(Section),
    /// On an ordinary thread. Or on a goroutine whose thread is panicking: std counts panics by
    /// thread, so it must not move to another one, and blocks its M like a thread; sysmon takes its
    /// P meanwhile.
    Thread(Arc<Note>),
}

tls! {
    /// The note that this thread sleeps on.
    fn note: Arc<Note> = Arc::new(Note::new())
}

impl Here {
    /// Says where this code runs, without waiting: with a lock held, say. `None` if the goroutine
    /// lost its P, or nobody could end the wait: the caller drops its locks, calls
    /// [`settle`](Self::settle), and tries again.
    #[inline]
    pub(crate) fn try_now() -> Option<Self> {
        if panicking() {
            return Self::thread();
        }
        match Section::try_enter() {
            Tried::Entered(section) => Some(Self::Goroutine(section)),
            Tried::NeedsP => None,
            Tried::Thread => Self::thread(),
        }
    }

    /// Waits until the goroutine has a P again.
    ///
    /// # Panics
    ///
    /// If nobody could end the wait: the world is stopped here, or this is the only thread of a child
    /// of fork.
    #[cold]
    #[track_caller]
    pub(crate) fn settle() {
        assert!(!stops_here(), "gosched: a wait while the world is stopped would never end");
        if is_stranded() {
            fork::gone();
        }
        drop(Section::enter());
    }

    #[cold]
    fn thread() -> Option<Self> {
        if stops_here() || is_stranded() {
            return None;
        }
        // The thread may be ending, and wait in the destructor of some other thread-local.
        let note = note(Arc::clone).unwrap_or_else(|| Arc::new(Note::new()));
        Some(Self::Thread(note))
    }

    pub(crate) fn is_goroutine(&self) -> bool {
        matches!(self, Self::Goroutine(_))
    }

    /// What ends the next [`park`](Self::park). For one waker, who uses it once.
    pub(crate) fn waker(&self) -> Waker {
        match self {
            Self::Goroutine(section) => Waker::Goroutine(section.g_ref()),
            Self::Thread(note) => Waker::Thread(note.clone()),
        }
    }

    /// Waits until the waker was used, be that before or after.
    pub(crate) fn park(&mut self, wait: Wait) {
        match self {
            Self::Goroutine(section) => section.park(wait),
            Self::Thread(note) => {
                note.sleep();
                note.clear();
            }
        }
    }

    /// As [`park`](Self::park), but an ordinary thread comes back when the time is up: to look whether
    /// all are asleep, itself included, and to park again.
    pub(crate) fn park_at_most(&mut self, timeout_ns: u64, wait: Wait) -> Sleep {
        match self {
            Self::Goroutine(section) => section.park(wait),
            Self::Thread(note) => {
                if note.sleep_timeout(timeout_ns) == Sleep::TimedOut {
                    return Sleep::TimedOut;
                }
                note.clear();
            }
        }
        Sleep::Woken
    }
}

impl Waker {
    pub(crate) fn wake(self) {
        match self {
            Self::Goroutine(g) => ready(g),
            Self::Thread(note) => note.wakeup(),
        }
    }
}
