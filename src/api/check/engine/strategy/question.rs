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
    /// The goroutine that runs could go on: any other answer sets it back.
    pub(in super::super) can_go_on: bool,
    /// It has gone on for long while others were ready. The first option is another one then.
    pub(in super::super) is_unfair: bool,
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
