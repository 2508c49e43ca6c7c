//! Linearizability: whether what concurrent calls returned could have come from the same calls one at a time.
//!
//! A [`History`] is what a program's calls returned, and when each began and ended. An [`Object`] says what
//! the calls would do one at a time. [`explain`] looks for an order of the calls that the object allows, in
//! which a call that ended before another began comes first (Wing and Gong, "Testing and Verifying
//! Concurrent Objects", 1993; with Lowe's memory of what was tried, 2017).
//!
//! A call that waits may take effect in two steps: it arrives, and later gets what it waits for. So a call
//! that sees others wait, and is refused for that, has an explanation too.
//!
//! The programs run under shuttle (`verify/shuttle/linear.rs`) and on real threads (`tests/linear.rs`). They
//! use this crate as a user does. The history's clock is std's: no checker sees it, so it hides no race.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

pub(crate) mod models;
pub(crate) mod programs;

/// What is called, as it is when its calls come one at a time.
pub(crate) trait Object: Clone + Eq + Hash {
    /// A call with what it returned.
    type Op: Copy + Debug;

    /// In how many steps a call takes effect.
    fn steps(&self, op: Self::Op) -> usize;

    /// The object after a step of the call `who`; `None` if it cannot come now, or not with that result.
    fn step(&self, who: usize, op: Self::Op, step: usize) -> Option<Self>;
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<Op> {
    pub(crate) op: Op,
    pub(crate) began: usize,
    pub(crate) ended: usize,
}

/// The calls of a program.
pub(crate) struct History<Op> {
    clock: AtomicUsize,
    calls: Mutex<Vec<Call<Op>>>,
}

impl<Op: Copy> History<Op> {
    pub(crate) fn new() -> Self {
        Self { clock: AtomicUsize::new(0), calls: Mutex::new(Vec::new()) }
    }

    /// Makes a call, which says what it was and returned, and something for the caller.
    pub(crate) fn note<R>(&self, call: impl FnOnce() -> (Op, R)) -> R {
        let began = self.clock.fetch_add(1, SeqCst);
        let (op, result) = call();
        let ended = self.clock.fetch_add(1, SeqCst);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(Call { op, began, ended });
        result
    }

    pub(crate) fn calls(&self) -> Vec<Call<Op>> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort_by_key(|call| call.began);
        calls
    }
}

/// Requires that the calls have an order in which an object of that kind does what they returned.
///
/// # Panics
///
/// If there is none; with the calls.
pub(crate) fn explain<O: Object>(object: &O, calls: &[Call<O::Op>]) {
    // On the heap: a goroutine's stack is small, and a program may have made many calls.
    let mut reached = vec![(vec![0; calls.len()], object.clone())];
    let mut tried = HashSet::new();
    while let Some((done, object)) = reached.pop() {
        let is_open = |who: &usize| done[*who] < object.steps(calls[*who].op);
        let open: Vec<usize> = (0..done.len()).filter(is_open).collect();
        let Some(first_end) = open.iter().map(|&who| calls[who].ended).min() else { return };
        let may_come = open.iter().filter(|&&who| calls[who].began < first_end);
        for &who in may_come {
            let Some(next) = object.step(who, calls[who].op, done[who]) else { continue };
            let mut done = done.clone();
            done[who] += 1;
            if tried.insert((done.clone(), next.clone())) {
                reached.push((done, next));
            }
        }
    }
    panic!("no order explains {calls:#?}");
}
