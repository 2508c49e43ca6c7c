//! Which schedules a check tries.

/// Which schedules to try.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Search {
    /// Random ones: at each step every goroutine that can run is as likely as every other.
    Random {
        /// How many.
        schedules: usize,
    },
    /// By random priorities (PCT): finds a failure that needs `depth` steps in a certain order, also where it is
    /// rare among all schedules.
    Pct {
        /// How many steps must come in a certain order: 2 or 3 for most bugs.
        depth: usize,
        /// How many schedules.
        schedules: usize,
    },
    /// All in which a goroutine that could go on is set back, time passes early, or something goes wrong in the
    /// network, at most `bound` times.
    Exhaustive {
        /// How many times.
        bound: usize,
    },
    /// The one that a [`Failure`](crate::check::Failure) names.
    Replay(String),
}
