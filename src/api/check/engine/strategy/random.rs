//! At random: each goroutine that can run is as likely as every other, at each step.

use super::question::{Kind, Question, Strategy};
use super::rng::Rng;
use crate::api::check::engine::schedule::Target;

/// Time passes at one step in so many, where something waits for it.
const TIME_IN: usize = 8;

pub(in super::super) struct Random {
    seed: u64,
    schedules: usize,
    begun: usize,
    rng: Rng,
}

impl Random {
    pub(in super::super) fn new(seed: u64, schedules: usize) -> Self {
        Self { seed, schedules, begun: 0, rng: Rng::new(seed, 0) }
    }
}

impl Strategy for Random {
    fn begin(&mut self) -> bool {
        self.rng = Rng::new(self.seed, self.begun as u64);
        self.begun += 1;
        self.begun <= self.schedules
    }

    fn answer(&mut self, question: &Question<'_>) -> usize {
        let n = question.options.len();
        if let Kind::Mishap { one_in } = question.kind {
            return self.rng.mishap(one_in, n);
        }
        match question.options.last() {
            Some(Target::Time) if self.rng.below(TIME_IN) == 0 => n - 1,
            Some(Target::Time) => self.rng.below(n - 1),
            _ => self.rng.below(n),
        }
    }
}
