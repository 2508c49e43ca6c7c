//! What a strategy is asked.

use crate::api::check::engine::schedule::Target;

/// A question: what next. The first option is the plain schedule's.
pub(in super::super) struct Question<'a> {
    /// The goroutine that runs, or has just stopped.
    pub(in super::super) who: u64,
    /// How many questions were asked before while it ran.
    pub(in super::super) nth: u32,
    /// At least two.
    pub(in super::super) options: &'a [Target],
    pub(in super::super) kind: Kind,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// Who runs next.
    Turn {
        /// The goroutine that runs could go on: any other answer sets it back.
        can_go_on: bool,
        /// It has gone on for long while others were ready. The first option is another one then.
        is_unfair: bool,
    },
    /// Which way a random choice of the program goes.
    Choice,
    /// What the network does. The first option is that nothing is amiss; at random that is the answer but for
    /// one time in so many.
    Mishap { one_in: usize },
}

/// Who answers.
pub(in super::super) trait Strategy {
    /// Another execution begins; false if there is nothing more to try.
    fn begin(&mut self) -> bool;

    /// The number of an option.
    fn answer(&mut self, question: &Question<'_>) -> usize;

    /// Whether there was nothing more to try when it ended.
    fn is_complete(&self) -> bool {
        false
    }
}
