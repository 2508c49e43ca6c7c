//! Whether the goroutines of one runtime all wait, and nothing of that runtime will wake one: a deadlock, if
//! nobody else wakes them either, as [`Builder::isolated`](crate::Builder::isolated) says of them.
//!
//! # The look (twice)
//!
//! A look lists the goroutines, each with the number of its runs so far, and finds nothing unless each of them
//! waits, and neither a deadline is pending nor is a descriptor waited for. Two looks that find the same show a
//! standstill in between.
//!
//! # Why it holds
//!
//! Let T be a moment between the two looks. Each goroutine waited when the first look came to it, and has not
//! run since, or the second look would have found another number. So each waited at T. One that was made after
//! the first look came to where it would have been, or before, is missing in the first list, and not in the
//! second. So at T there was no goroutine that could wake another, and no deadline that one of them waited for:
//! the second look would have found it, or that it was over and somebody had run.
//!
//! The words are read without an order. What they were at T is seen by the second look, because its thread has
//! slept in the kernel in between, for [`deadlock`](super::deadlock)'s 50 ms at least.

use crate::proto::gstatus::Status;
use crate::proto::timers::NEVER;
use crate::sched::gmp::arena::{self, Owner};
use crate::sched::gmp::g::{self, G};
use crate::sched::gmp::schedt::Sched;
use crate::sched::work::awaited;

/// What a look has found: each goroutine, and how often it had run.
#[derive(PartialEq, Eq)]
pub(super) struct Standstill(Vec<(u64, u32)>);

/// Looks. `None` if anything will go on by itself.
pub(super) fn look(sched: &Sched) -> Option<Standstill> {
    let all = arena::slots(sched.config.stack, Owner::new(sched), |top| of(g::header(g::of(top))));
    let waits = |(id, runs): (u64, Option<u32>)| Some((id, runs?));
    let mut all = all.into_iter().map(waits).collect::<Option<Vec<_>>>()?;
    all.sort_unstable();
    let is_pending = sched.next_deadline() != NEVER || awaited::are_awaited(sched);
    (!is_pending).then_some(Standstill(all))
}

/// A goroutine, if there is one, and how often it had run, if it waits.
fn of(g: &G) -> Option<(u64, Option<u32>)> {
    (g.status.peek() != Status::Dead).then(|| (g.id(), g.status.waits_after()))
}
