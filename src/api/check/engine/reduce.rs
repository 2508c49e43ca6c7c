//! Makes a failing schedule short: differences from the plain schedule are left out as long as the program
//! still fails in the same way (delta debugging, Zeller and Hildebrandt 2002).

use super::execution::{Explored, Program, explore};
use super::schedule::Deviation;
use super::strategy::Replay;
use super::terms::Terms;
use super::{director::Outcome, fault::Fault};

/// At most so many executions.
const MOST: usize = 2_000;

/// Runs one schedule.
pub(super) fn replay(
    program: &Program,
    terms: &Terms,
    deviations: &[Deviation],
) -> Option<Outcome> {
    let Explored { last, .. } =
        explore(program, terms, || Box::new(Replay::new(deviations)) as Box<_>);
    last
}

/// A reduction under way.
struct Reduction<'a> {
    program: &'a Program,
    terms: &'a Terms,
    fault: Fault,
    best: Outcome,
    left: usize,
}

/// Returns the shortest that was found.
pub(super) fn reduce(program: &Program, terms: &Terms, first: Outcome) -> Outcome {
    let Some(fault) = first.fault.clone() else { return first };
    let mut reduction = Reduction { program, terms, fault, best: first, left: MOST };
    reduction.split();
    while reduction.drop_one() || reduction.drop_two() {}
    reduction.best
}

impl Reduction<'_> {
    fn len(&self) -> usize {
        self.best.deviations.len()
    }

    /// Whether a schedule fails in the same way and is shorter: then it is the best.
    fn try_it(&mut self, deviations: &[Deviation]) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let Some(outcome) = replay(self.program, self.terms, deviations) else { return false };
        let fails = outcome.fault.as_ref().is_some_and(|fault| fault.is_like(&self.fault));
        // What the execution did differently from the plain one, which may be less than it was asked to.
        let size = |outcome: &Outcome| (outcome.deviations.len(), outcome.trace.rows.len());
        let is_better = fails && size(&outcome) < size(&self.best);
        if is_better {
            self.best = outcome;
        }
        is_better
    }

    /// Leaves out halves, quarters and so on.
    fn split(&mut self) {
        let mut parts = 1;
        while parts <= self.len().max(1) {
            let len = self.len().div_ceil(parts).max(1);
            let shorter = (0..self.len()).step_by(len).any(|from| {
                let kept = self.without(from..(from + len).min(self.len()));
                self.try_it(&kept)
            });
            if !shorter {
                parts *= 2;
            } else if parts > 1 {
                parts /= 2;
            }
        }
    }

    fn drop_one(&mut self) -> bool {
        (0..self.len()).rev().any(|i| {
            let kept = self.without(i..i + 1);
            self.try_it(&kept)
        })
    }

    /// One difference may undo another.
    fn drop_two(&mut self) -> bool {
        let n = self.len();
        (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).any(|(i, j)| {
            let mut kept = self.best.deviations.clone();
            kept.remove(i);
            kept.remove(j);
            self.try_it(&kept)
        })
    }

    fn without(&self, range: std::ops::Range<usize>) -> Vec<Deviation> {
        let mut kept = self.best.deviations.clone();
        kept.drain(range);
        kept
    }
}
