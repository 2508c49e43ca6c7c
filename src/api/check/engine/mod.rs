//! The search itself: in builds with the feature `shuttle`, for the programs of users.

mod checker;
mod director;
mod execution;
mod failure;
mod fault;
mod net;
mod panics;
mod reduce;
mod schedule;
mod search;
mod source;
mod story;
mod strategy;
mod terms;
mod trace;
mod watchdog;

pub use checker::{Checker, Explored};
pub use failure::Failure;
pub use net::Net;
pub use search::Search;

/// Runs a program in `n` random schedules.
///
/// # Panics
///
/// With the [`Failure`], if the program fails.
#[track_caller]
pub fn random(n: usize, f: impl Fn() + Send + Sync + 'static) -> Explored {
    Checker::new().check(&Search::Random { schedules: n }, f)
}

/// Runs a program in `n` schedules by random priorities: see [`Search::Pct`].
///
/// # Panics
///
/// With the [`Failure`], if the program fails.
#[track_caller]
pub fn pct(depth: usize, n: usize, f: impl Fn() + Send + Sync + 'static) -> Explored {
    Checker::new().check(&Search::Pct { depth, schedules: n }, f)
}

/// Runs a small program in all schedules with at most `bound` switches: see [`Search::Exhaustive`].
/// [`Explored::is_complete`] says whether it has seen all.
///
/// # Panics
///
/// With the [`Failure`], if the program fails.
#[track_caller]
pub fn exhaustive(bound: usize, f: impl Fn() + Send + Sync + 'static) -> Explored {
    Checker::new().check(&Search::Exhaustive { bound }, f)
}

/// Runs a program in the schedule of a [`Failure`].
///
/// # Panics
///
/// With the [`Failure`], if the program fails again. If the text is no schedule, or is one of another program,
/// with a sentence that says so.
#[track_caller]
pub fn replay(schedule: &str, f: impl Fn() + Send + Sync + 'static) -> Explored {
    Checker::new().check(&Search::Replay(schedule.to_owned()), f)
}
