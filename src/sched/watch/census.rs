//! A list of the goroutines of a scheduler: what each does or waits for, where it waits, and where
//! it was started.
//!
//! The list is exact when nothing runs. While goroutines run, each line is true of some moment,
//! and goroutines that start or end meanwhile may be missing.

use std::sync::Arc;

use crate::facade::now_ns;
use crate::proto::gstatus::Status;
use crate::sched::gmp::arena::{self, Owner};
use crate::sched::gmp::g;
use crate::sched::gmp::schedt::Sched;
use crate::sched::gmp::tags::Tags;
use crate::sched::gmp::wait::{Site, Wait};

/// A goroutine as it was when the list was made.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    /// Its name and labels, if it has any.
    pub(crate) tags: Option<Arc<Tags>>,
    pub(crate) state: State,
    /// Where it waits, if it does.
    pub(crate) waits_at: Option<Site>,
    pub(crate) started_at: Site,
    /// The thread that runs it, if that was looked for and found.
    pub(crate) thread: Option<Thread>,
    /// The thread that it is locked to, if it is suspended.
    pub(crate) locked_to: Option<u32>,
    /// Whether a pause keeps it from running.
    pub(crate) is_held_back: bool,
    /// The addresses of its frames, if it is suspended and they were looked for.
    pub(crate) frames: Option<Arc<[usize]>>,
}

/// A thread that runs a goroutine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thread {
    /// The kernel's number of it.
    pub(crate) id: u32,
    /// Whether it is asleep in the kernel.
    pub(crate) is_asleep: bool,
}

/// What a goroutine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is queued.
    Runnable,
    /// A thread runs it.
    Running,
    /// It waits, for so many nanoseconds.
    Waits(Wait, u64),
    /// It waits, and its thread sleeps with it, for so many nanoseconds.
    Sleeps(Wait, u64),
}

/// The goroutines of a scheduler, by ascending numbers.
pub(crate) fn goroutines(sched: &Sched) -> impl ExactSizeIterator<Item = Listed> + use<> {
    let now_ns = now_ns();
    let mut listed = arena::slots(sched.config.stack, Owner::new(sched), |top| {
        look(g::header(g::of(top)), now_ns)
    });
    listed.sort_unstable_by_key(|g| g.id);
    listed.into_iter()
}

impl Listed {
    /// Whether it is with a thread.
    pub(super) fn runs(&self) -> bool {
        matches!(self.state, State::Running | State::Sleeps(..))
    }
}

/// A goroutine as it is, if it lives; what is found is of one moment if it does not run meanwhile.
pub(super) fn look(g: &g::G, now_ns: u64) -> Option<Listed> {
    let state = match g.status.peek() {
        Status::Dead => return None,
        Status::Runnable => State::Runnable,
        Status::Running if g.sleeps() => {
            let (wait, for_ns) = g.wait.read(now_ns);
            State::Sleeps(wait, for_ns)
        }
        Status::Running => State::Running,
        Status::Waiting => {
            let (wait, for_ns) = g.wait.read(now_ns);
            State::Waits(wait, for_ns)
        }
    };
    let waits = matches!(state, State::Waits(..) | State::Sleeps(..));
    let waits_at = g.waits_at().filter(|_| waits);
    let tags = if g.tags.is_some() { g.tags.get(&g.sched.tags) } else { None };
    Some(Listed {
        id: g.id(),
        tags,
        state,
        waits_at,
        started_at: g.started_at()?,
        thread: None,
        locked_to: None,
        is_held_back: false,
        frames: None,
    })
}
