//! What is written of goroutines: a line for each, and the reports that are made of such lines.

use std::fmt::Write;

use super::census::{Listed, State, Thread};
use super::dump;
use super::lines::Lines;
use crate::sched::gmp::schedt::Sched;
use crate::sched::gmp::tags::Who;
use crate::sched::gmp::wait::Place;

/// The report names at most so many goroutines.
const MOST_LINES: usize = 100;

/// The text of a deadlock report, with stacks if they can be walked.
pub(crate) fn report(sched: &Sched) -> String {
    let all = dump::dump(sched);
    let mut text = String::from("gosched: all goroutines are asleep - deadlock!");
    for g in all.iter().take(MOST_LINES) {
        let stack = Lines(g.frames.as_deref().unwrap_or_default());
        // Writing to a String does not fail.
        let _ = write!(text, "\n{g}{stack}");
    }
    if all.len() > MOST_LINES {
        let _ = write!(text, "\nand {} more", all.len() - MOST_LINES);
    }
    text
}

impl std::fmt::Display for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", Who { id: self.id, tags: self.tags.as_deref() })?;
        match self.state {
            State::Runnable if self.is_held_back => {
                f.write_str("is ready to run, held back by a pause")?;
            }
            State::Runnable => f.write_str("is ready to run")?,
            State::Running => match self.thread {
                Some(Thread { id, is_asleep: true }) => write!(f, "blocks thread {id}")?,
                Some(Thread { id, .. }) => write!(f, "runs on thread {id}")?,
                None => f.write_str("runs")?,
            },
            State::Waits(wait, for_ns) => {
                write!(f, "{} for {}", wait.words(), Rounded(for_ns))?;
            }
            State::Sleeps(wait, for_ns) => {
                let (words, time) = (wait.words(), Rounded(for_ns));
                write!(f, "{words} for {time}, asleep with its thread while it unwinds")?;
                if let Some(Thread { id, .. }) = self.thread {
                    write!(f, " (thread {id})")?;
                }
            }
        }
        if let Some(at) = self.waits_at {
            write!(f, ", at {}", Place(at))?;
        }
        if let Some(id) = self.locked_to {
            write!(f, ", locked to thread {id}")?;
        }
        write!(f, "; started at {}", Place(self.started_at))
    }
}

/// A duration in nanoseconds, rounded for people.
pub(super) struct Rounded(pub(super) u64);

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
