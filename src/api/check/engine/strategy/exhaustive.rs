//! All schedules in which goroutines are set back, time passes early, or the network does something, at most so
//! many times; the rest is tried in every way. Depth first.

use super::question::{Kind, Question, Strategy};
use crate::api::check::engine::schedule::Target;

pub(in super::super) struct Exhaustive {
    bound: usize,
    most: usize,
    begun: usize,
    /// The questions of the execution: how many options were open, and which was taken.
    path: Vec<Node>,
    /// How many of them were asked again.
    asked: usize,
    is_complete: bool,
}

struct Node {
    options: usize,
    taken: usize,
    /// With so many of the options nobody is set back, no time passes early, and no mishap happens.
    free: usize,
}

impl Exhaustive {
    pub(in super::super) fn new(bound: usize, most: usize) -> Self {
        Self { bound, most, begun: 0, path: Vec::new(), asked: 0, is_complete: false }
    }

    fn spent(&self) -> usize {
        self.path.iter().filter(|node| node.taken >= node.free).count()
    }

    /// Goes to the next execution; false if this was the last.
    fn advance(&mut self) -> bool {
        while let Some(node) = self.path.last_mut() {
            if node.taken + 1 < node.options {
                node.taken += 1;
                return true;
            }
            self.path.pop();
        }
        false
    }
}

impl Strategy for Exhaustive {
    fn begin(&mut self) -> bool {
        if self.begun > 0 && !self.advance() {
            self.is_complete = true;
            return false;
        }
        self.asked = 0;
        self.begun += 1;
        self.begun <= self.most
    }

    fn answer(&mut self, question: &Question<'_>) -> usize {
        if self.asked == self.path.len() {
            let all = question.options.len();
            let has_time = question.options.last() == Some(&Target::Time);
            let free = match question.kind {
                Kind::Turn { can_go_on: true, .. } | Kind::Mishap { .. } => 1,
                Kind::Turn { .. } | Kind::Choice => all - usize::from(has_time),
            };
            let options = if self.spent() < self.bound { all } else { free };
            self.path.push(Node { options, taken: 0, free });
        }
        self.asked += 1;
        self.path[self.asked - 1].taken
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }
}
