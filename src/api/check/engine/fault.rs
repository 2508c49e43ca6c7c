//! What can be wrong with an execution.

use std::fmt;

use super::panics::Panic;
use super::trace::{Goroutine, Trace};

/// The goroutine that runs the program.
pub(super) const MAIN: u64 = 1;

/// A goroutine that waits for ever: which, for what and where, and where it was started.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stuck {
    pub(super) id: u64,
    pub(super) why: &'static str,
    pub(super) at: String,
    pub(super) started_at: String,
}

/// What is wrong.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    Panicked {
        id: u64,
        panic: Panic,
    },
    /// Nobody can run, and the program has not come to its end.
    Deadlock(Vec<Stuck>),
    /// The program has come to its end, and these never will.
    Leak(Vec<Stuck>),
    NeverEnds {
        steps: usize,
    },
}

impl Fault {
    /// What is wrong when nothing can happen any more.
    pub(super) fn at_rest(trace: &Trace, may_leak: bool) -> Option<Self> {
        let stuck: Vec<Stuck> = trace.living().filter_map(Stuck::of).collect();
        if trace.goroutine(MAIN).is_some_and(|main| !main.has_ended) {
            Some(Self::Deadlock(stuck))
        } else if stuck.is_empty() || may_leak {
            None
        } else {
            Some(Self::Leak(stuck))
        }
    }

    /// Whether the other is the same fault: at the same places, whatever the goroutines' numbers and the
    /// words of the panic.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Panicked { panic: one, .. }, Self::Panicked { panic: other, .. }) => {
                one.at == other.at
            }
            (Self::Deadlock(one), Self::Deadlock(other)) | (Self::Leak(one), Self::Leak(other)) => {
                places(one) == places(other)
            }
            (Self::NeverEnds { .. }, Self::NeverEnds { .. }) => true,
            _ => false,
        }
    }

    /// The goroutines that the fault is about.
    pub(super) fn whose(&self) -> Vec<u64> {
        match self {
            Self::Panicked { id, .. } => vec![*id],
            Self::Deadlock(stuck) | Self::Leak(stuck) => stuck.iter().map(|g| g.id).collect(),
            Self::NeverEnds { .. } => Vec::new(),
        }
    }

    /// Tells it.
    pub(super) fn tell(&self, f: &mut impl fmt::Write, trace: &Trace) -> fmt::Result {
        match self {
            Self::Panicked { id, panic } => {
                write!(f, "goroutine {id} panicked at {}:\n{}", panic.at, panic.message)?;
                match trace.goroutine(*id) {
                    Some(g) if *id != MAIN => {
                        write!(f, "\n(goroutine {id} was started at {})", g.started_at)
                    }
                    _ => Ok(()),
                }
            }
            Self::Deadlock(stuck) => {
                f.write_str("all goroutines are asleep - deadlock!")?;
                list(f, stuck)
            }
            Self::Leak(stuck) => {
                let (n, s) = (stuck.len(), if stuck.len() == 1 { "" } else { "s" });
                write!(
                    f,
                    "the program has returned, and {n} goroutine{s} will wait for ever (a leak; Checker::may_leak allows it)"
                )?;
                list(f, stuck)
            }
            Self::NeverEnds { steps } => write!(
                f,
                "the program has not ended after {steps} steps: goroutines wait for each other in a loop, or it \
                 needs more steps (Checker::max_steps)"
            ),
        }
    }
}

fn places(stuck: &[Stuck]) -> Vec<(&str, &str)> {
    let mut places: Vec<_> = stuck.iter().map(|g| (g.at.as_str(), g.started_at.as_str())).collect();
    places.sort_unstable();
    places
}

fn list(f: &mut impl fmt::Write, stuck: &[Stuck]) -> fmt::Result {
    for Stuck { id, why, at, started_at } in stuck {
        write!(f, "\n  goroutine {id}: {why}, at {at}; started at {started_at}")?;
    }
    Ok(())
}

impl Stuck {
    fn of(g: &Goroutine) -> Option<Self> {
        let (why, at) = g.waits?;
        Some(Self { id: g.id, why, at: at.to_string(), started_at: g.started_at.to_string() })
    }
}
