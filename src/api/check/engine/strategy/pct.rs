//! PCT: each goroutine has a random priority, the highest runs, and at `depth - 1` random steps the one that
//! runs becomes the lowest (Burckhardt and others, ASPLOS 2010). A bug that needs `depth` orderings is found
//! with a probability that does not depend on how many other schedules there are.

use std::collections::HashMap;

use super::question::{Kind, Question, Strategy};
use super::rng::Rng;
use crate::api::check::engine::schedule::Target;

pub(in super::super) struct Pct {
    seed: u64,
    depth: usize,
    schedules: usize,
    begun: usize,
    rng: Rng,
    priorities: HashMap<Target, u64>,
    /// The questions before which a priority falls.
    changes: Vec<usize>,
    asked: usize,
    /// The most questions that an execution has asked.
    most: usize,
    /// The lowest priority until now.
    lowest: u64,
}

/// Priorities that were not lowered lie above this.
const HIGH: u64 = 1 << 32;

impl Pct {
    pub(in super::super) fn new(seed: u64, depth: usize, schedules: usize) -> Self {
        Self {
            seed,
            depth,
            schedules,
            begun: 0,
            rng: Rng::new(seed, 0),
            priorities: HashMap::new(),
            changes: Vec::new(),
            asked: 0,
            most: 1,
            lowest: HIGH,
        }
    }

    fn priority(&mut self, of: Target) -> u64 {
        let rng = &mut self.rng;
        *self.priorities.entry(of).or_insert_with(|| HIGH + (rng.next() >> 2))
    }

    fn lower(&mut self, of: Target) {
        self.lowest -= 1;
        self.priorities.insert(of, self.lowest);
    }
}

impl Strategy for Pct {
    fn begin(&mut self) -> bool {
        self.rng = Rng::new(self.seed, self.begun as u64);
        self.most = self.most.max(self.asked);
        self.priorities.clear();
        self.asked = 0;
        self.lowest = HIGH;
        let (rng, most) = (&mut self.rng, self.most);
        self.changes = (1..self.depth).map(|_| rng.below(most)).collect();
        self.begun += 1;
        self.begun <= self.schedules
    }

    fn answer(&mut self, question: &Question<'_>) -> usize {
        let is_unfair = match question.kind {
            Kind::Choice => return self.rng.below(question.options.len()),
            Kind::Mishap { one_in } => return self.rng.mishap(one_in, question.options.len()),
            Kind::Turn { is_unfair, .. } => is_unfair,
        };
        let now = self.asked;
        self.asked += 1;
        if self.changes.contains(&now) || is_unfair {
            self.lower(Target::Goroutine(question.who));
        }
        let priorities: Vec<u64> = question.options.iter().map(|&of| self.priority(of)).collect();
        (0..priorities.len()).max_by_key(|&i| priorities[i]).unwrap_or(0)
    }
}
