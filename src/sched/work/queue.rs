//! Where a runnable goroutine waits.

use crate::base::list::List;
use crate::proto::runq::Next;
use crate::sched::gmp::g::{self, G, GRef};
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::Sched;

/// Queues a goroutine at a P that the caller owns; what its queue cannot hold goes to the shared
/// one.
#[inline]
pub(crate) fn put(sched: &Sched, p: PRef, g: GRef, next: Next) {
    if g::header(g).is_idle_class() {
        sched.idleq.put(g);
    } else if let Some(spilled) = p.runq.put(g, next) {
        sched.globrunq.put_batch(spilled);
    }
}

/// Queues a goroutine in a shared queue.
pub(crate) fn put_shared(sched: &Sched, g: GRef) {
    let queue = if g::header(g).is_idle_class() { &sched.idleq } else { &sched.globrunq };
    queue.put(g);
}

/// The same for all of a list, under one lock. Returns how many.
pub(crate) fn put_shared_all(sched: &Sched, mut ready: List<G>) -> usize {
    let count = ready.len();
    let mut batch = List::new();
    while let Some(g) = ready.pop_front() {
        if g::header(g).is_idle_class() {
            sched.idleq.put(g);
        } else {
            batch.push_back(g);
        }
    }
    if !batch.is_empty() {
        sched.globrunq.put_batch(batch);
    }
    count
}
