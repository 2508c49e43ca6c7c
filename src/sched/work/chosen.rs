//! In a check of a user's program: which goroutine runs next is the check's choice, and when time passes.
//!
//! The goroutines that can run are taken out of the queues and set aside, to choose from them. Whatever
//! looks for work asks here first. In every other build nobody is set aside.

use core::ptr::NonNull;

use super::timers;
use crate::facade::directed::{self, Aside, aside};
use crate::facade::news::{News, Next};
use crate::proto::timers::NEVER;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::p::PRef;
use crate::sched::gmp::schedt::SchedRef;

/// The goroutine that is to run next, for an M that looks for one.
#[inline]
pub(crate) fn take(m: MRef) -> Option<GRef> {
    if !directed::is_on() {
        return None;
    }
    let g = choose(m)?;
    m.p().begin_slice(false);
    Some(g)
}

fn choose(m: MRef) -> Option<GRef> {
    let whose = whose(m.sched);
    loop {
        if directed::is_over() {
            directed::hand_over();
        }
        let ready = ready(m.sched, m.p());
        if let Some(g) = aside(|aside| aside.take_chosen(whose)) {
            return Some(g.cast());
        }
        if ready.is_empty() {
            directed::tell(|| News::Idle);
            return None;
        }
        match directed::next(None, &ready, has_deadline(m.sched)) {
            Next::Take(nth) => return aside(|aside| aside.take(whose, nth)).map(NonNull::cast),
            Next::Time => pass(m.sched, m.p()),
            Next::Stay => return None,
        }
    }
}

/// Whether a goroutine that is about to make a call lets others go first. `p` is its P.
pub(crate) fn lets_others_go_first(sched: SchedRef, p: PRef, current: GRef) -> bool {
    let ready = ready(sched, p);
    match directed::next(Some(g::header(current).id()), &ready, has_deadline(sched)) {
        Next::Stay => return false,
        Next::Take(nth) => aside(|aside| aside.choose(whose(sched), nth)),
        Next::Time => {
            // What is due is run by the M. Then this goroutine is the first in turn.
            advance(sched);
            aside(|aside| aside.prefer(current.cast()));
        }
    }
    true
}

fn whose(sched: SchedRef) -> usize {
    core::ptr::from_ref(&*sched).addr()
}

/// Sets all aside that can run. Returns their numbers.
fn ready(sched: SchedRef, p: PRef) -> Vec<u64> {
    let whose = whose(sched);
    let set_aside = |g: GRef| aside(|aside| aside.push(whose, g.cast()));
    while let Some((g, _)) = p.runq.get() {
        set_aside(g);
    }
    while let Some(g) = sched.globrunq.get() {
        set_aside(g);
    }
    aside(Aside::arrange);
    let all: Vec<GRef> = aside(|aside| aside.of(whose).map(NonNull::cast).collect());
    all.into_iter().map(|g| g::header(g).id()).collect()
}

/// The end of time never comes.
fn has_deadline(sched: SchedRef) -> bool {
    sched.faketime.is_some() && sched.next_deadline() < NEVER - 1
}

/// Moves the clock on to the next deadline, and runs what is due there; on an M's own stack.
fn pass(sched: SchedRef, p: PRef) {
    advance(sched);
    let _ = timers::check(sched, p);
}

fn advance(sched: SchedRef) {
    let Some(time) = &sched.faketime else { return };
    let by_ns = sched.next_deadline().saturating_sub(sched.now_ns());
    directed::tell(|| News::Time { by_ns });
    time.advance(by_ns);
}
