//! A list of the goroutines of a scheduler: what each does or waits for, where it waits, and where
//! it was started.
//!
//! The list is exact when nothing runs. While goroutines run, each line is true of some moment,
//! and goroutines that start or end meanwhile may be missing.

use std::fmt::Write;
use std::sync::Arc;

use crate::facade::now_ns;
use crate::proto::gstatus::Status;
use crate::sched::gmp::arena::{self, Owner};
use crate::sched::gmp::g;
use crate::sched::gmp::schedt::Sched;
use crate::sched::gmp::tags::{Tags, Who};
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

fn look(g: &g::G, now_ns: u64) -> Option<Listed> {
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
    Some(Listed { id: g.id(), tags, state, waits_at, started_at: g.started_at()? })
}

/// The report names at most so many goroutines.
const MOST_LINES: usize = 100;

/// The text of a deadlock report.
pub(crate) fn report(sched: &Sched) -> String {
    let mut all = goroutines(sched);
    let mut text = String::from("gosched: all goroutines are asleep - deadlock!");
    for g in all.by_ref().take(MOST_LINES) {
        // Writing to a String does not fail.
        let _ = write!(text, "\n{g}");
    }
    if all.len() > 0 {
        let _ = write!(text, "\nand {} more", all.len());
    }
    text
}

impl std::fmt::Display for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", Who { id: self.id, tags: self.tags.as_deref() })?;
        match self.state {
            State::Runnable => f.write_str("is ready to run")?,
            State::Running => f.write_str("runs")?,
            State::Waits(wait, for_ns) => {
                write!(f, "{} for {}", wait.words(), Rounded(for_ns))?;
            }
            State::Sleeps(wait, for_ns) => {
                let (words, time) = (wait.words(), Rounded(for_ns));
                write!(f, "{words} for {time}, asleep with its thread while it unwinds")?;
            }
        }
        if let Some(at) = self.waits_at {
            write!(f, ", at {at}")?;
        }
        write!(f, "; started at {}", self.started_at)
    }
}

/// A duration in nanoseconds, rounded for people.
struct Rounded(u64);

impl std::fmt::Display for Rounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = self.0 / 1_000_000;
        let s = ms / 1_000;
        match s {
            0 => write!(f, "{ms} ms"),
            1..100 => write!(f, "{s}.{} s", ms % 1_000 / 100),
            100..6_000 => write!(f, "{} min", s / 60),
            _ => write!(f, "{} h", s / 3_600),
        }
    }
}
