//! Waiting and waking: a goroutine parks, an ordinary thread sleeps, and the waker need not know
//! which of them it wakes.
//!
//! A call that may wait begins with [`Here::arrive`]: a goroutine is in the runtime from there to
//! its end. So the goroutine has a P, completes nothing while the world is stopped, and cannot
//! lose its P between telling its wakers and parking. A call that never waits does not arrive.

use std::sync::Arc;

use super::ready::{ready, ready_from};
use super::section::Section;
use super::{sleep, timed, virtually};
use crate::facade::{Ordering::Relaxed, panicking, process::is_stranded, tls};
use crate::proto::claim::{self, Claim};
use crate::proto::lock::place_of_ranks;
use crate::proto::note::{Note, Sleep};
use crate::sched::gmp::fork;
use crate::sched::gmp::g::{self, Waker};
use crate::sched::gmp::marks::stops_here;
use crate::sched::gmp::schedt::SchedRef;
use crate::sched::gmp::task::Task;
use crate::sched::gmp::wait::{Abandon, Site, Wait, for_ever};
use crate::sched::work::source;

/// Where this code runs, in a call that may wait.
pub(crate) enum Here {
    /// On a goroutine.
    Goroutine(Section),
    /// On an ordinary thread, or on a goroutine whose thread is panicking. std counts panics by
    /// thread, so such a goroutine must not move to another thread: it acts like a thread, and
    /// sleeps with its thread and without a P. The note is there once a waker may use it.
    Thread(Option<Arc<Note>>),
}

/// Why a wait here would never end.
#[derive(Clone, Copy)]
pub(crate) enum Refusal {
    /// This thread has stopped a world.
    Stopped,
    /// This is the only thread of a child of fork.
    Stranded,
}

impl Refusal {
    /// Panics with the sentence that says why.
    ///
    /// # Panics
    ///
    /// Always.
    #[cold]
    #[track_caller]
    pub(crate) fn panic(self) -> ! {
        match self {
            Self::Stopped => panic!(
                "gosched: a wait while the world is stopped would never end; move it out of the \
                 closure of stop_the_world"
            ),
            Self::Stranded => fork::gone(),
        }
    }
}

tls! {
    /// The note that this thread sleeps on.
    fn note: Arc<Note> = Arc::new(Note::new())
}

impl Here {
    /// Begins a call that may wait: waits for a P if the goroutine's was taken, and lets others run
    /// if the goroutine has spent its budget.
    #[inline]
    pub(crate) fn arrive() -> Self {
        if panicking() {
            return Self::Thread(None);
        }
        match Section::enter() {
            Some(mut section) => {
                if section.g().spend() == 0 {
                    make_room(&mut section);
                }
                Self::Goroutine(section)
            }
            None => Self::Thread(None),
        }
    }

    /// In a call that never moves a goroutine: if it has to wait, it does so with its thread.
    pub(crate) fn with_its_thread() -> Self {
        Self::Thread(None)
    }

    /// Begins the end of a goroutine of `sched`, and counts it out. It waits like
    /// [`arrive`](Self::arrive), except if the runtime is over: then the goroutine comes to its end
    /// without a P.
    pub(crate) fn arrive_at_end(sched: SchedRef) -> Self {
        match Section::enter_at_end() {
            Some(section) => {
                section.p().count_ended();
                Self::Goroutine(section)
            }
            None if sched.is_gone() => fork::end(), // in the parent, a joiner may hold its lock
            None => {
                // Relaxed: statistic.
                sched.born_outside.fetch_sub(1, Relaxed);
                Self::Thread(None)
            }
        }
    }

    /// Why a wait here would never end, if so. The caller drops its locks and then panics with it.
    #[inline]
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Goroutine(_) => None,
            Self::Thread(_) => thread_refusal(),
        }
    }

    /// What ends the next [`park`](Self::park). It is for one waker, which uses it once.
    pub(crate) fn waker(&mut self) -> Waker {
        match self {
            Self::Goroutine(section) => Waker::Goroutine(section.g_ref()),
            Self::Thread(place) => Waker::Thread(place.get_or_insert_with(thread_note).clone()),
        }
    }

    /// Ends the wait of another.
    pub(crate) fn wake(&mut self, waker: Waker) {
        match (&*self, waker) {
            (Self::Goroutine(section), Waker::Goroutine(g)) => ready_from(section, g),
            (Self::Goroutine(_), Waker::Task(task)) => self.wake_task(&task),
            (_, waker) => waker.wake(),
        }
    }

    /// Waking a task runs the user's code: outside of the runtime.
    #[cold]
    fn wake_task(&mut self, task: &Task) {
        *self = Self::Thread(None);
        task.wake();
        *self = Self::arrive();
    }

    /// Waits until the waker was used. That may be before this call, or after.
    pub(crate) fn park(&mut self, why: Wait, at: Site, wait: &dyn Abandon) {
        match self {
            Self::Goroutine(section) => section.park_for(why, at, wait),
            // SAFETY: the borrow lasts until then, or the stack that it lies on is never run again.
            Self::Thread(Some(note)) => unsafe {
                sleep::sleep(note, sleep::Until::Woken, (why, at), for_ever(wait));
            },
            Self::Thread(None) => crate::base::throw!("a thread sleeps that nobody can wake"),
        }
    }

    /// Like [`park`](Self::park), or until `deadline_ns` of the clock. The nodes that wakers find have
    /// `claim`. If the clock wins it, the caller takes them out of their queues before they go.
    pub(crate) fn park_until(
        &mut self,
        deadline_ns: u64,
        claim: &Claim,
        (why, at): (Wait, Site),
        wait: &dyn Abandon,
    ) -> Sleep {
        if deadline_ns <= virtually::now_ns() {
            if claim.try_claim(claim::TIME) {
                return Sleep::TimedOut;
            }
            self.park(why, at, wait);
            return Sleep::Woken;
        }
        match self {
            Self::Goroutine(section) => timed::park(section, deadline_ns, claim, (why, at), wait),
            Self::Thread(Some(note)) => {
                let until = sleep::Until::Time(deadline_ns, claim);
                // SAFETY: the borrow lasts until then, or the stack that it lies on is never run again.
                unsafe { sleep::sleep(note, until, (why, at), for_ever(wait)) }
            }
            Self::Thread(None) => crate::base::throw!("a thread sleeps that nobody can wake"),
        }
    }

    /// Like [`park`](Self::park), but an ordinary thread comes back when the time is up. The thread
    /// then looks whether all threads are asleep, itself included, and parks again.
    pub(crate) fn park_at_most(
        &mut self,
        timeout_ns: u64,
        (why, at): (Wait, Site),
        wait: &dyn Abandon,
    ) -> Sleep {
        if let Self::Thread(Some(note)) = self
            && sleep::is_ordinary()
        {
            let slept = note.sleep_timeout(timeout_ns);
            if slept == Sleep::Woken {
                note.clear();
            }
            return slept;
        }
        self.park(why, at, wait);
        Sleep::Woken
    }
}

/// Lets the goroutines that wait for this goroutine's P run first.
#[cold]
fn make_room(section: &mut Section) {
    if source::waits_for(&section.m().sched, section.p()) {
        section.yield_now();
    }
}

/// Counts an operation that never waits. The next operation that may wait pays for it.
#[inline]
pub(crate) fn owe() {
    if let Some(g) = g::current() {
        g::header(g).owe();
    }
}

/// The number of this goroutine, or else of this thread: no other one that lives has it.
pub(crate) fn who() -> usize {
    g::current().map_or_else(place_of_ranks, |g| g.addr().get())
}

#[cold]
fn thread_refusal() -> Option<Refusal> {
    if stops_here() {
        Some(Refusal::Stopped)
    } else if is_stranded() {
        Some(Refusal::Stranded)
    } else {
        None
    }
}

#[cold]
fn thread_note() -> Arc<Note> {
    // The thread may be ending, and wait in the destructor of some other thread-local.
    note(Arc::clone).unwrap_or_else(|| Arc::new(Note::new()))
}

impl Waker {
    /// The waiter will never run again, and was withdrawn from where it waited. If a thread sleeps
    /// with it, wakes that thread, which then finds this.
    pub(crate) fn abandon(self) {
        if let Self::Thread(note) = self {
            note.wakeup();
        }
    }

    /// Ends the wait, from code that is in no runtime section.
    pub(crate) fn wake(self) {
        match self {
            Self::Goroutine(g) => ready(g),
            Self::Thread(note) => note.wakeup(),
            Self::Task(task) => task.wake(),
        }
    }
}
