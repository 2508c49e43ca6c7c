//! How many operations in a row a goroutine may do without waiting.
//!
//! A goroutine that always finds its channel ready, or its mutex free, would never come to the
//! scheduler: those operations are no more than a lock. So each spends one of a budget, and when that
//! is gone the goroutine looks whether its P was taken, and lets others run that wait for it.

use super::section::Section;
use crate::facade::panicking;
use crate::sched::gmp::g;
use crate::sched::work::source;

/// Spends one operation. A switch point; on an ordinary thread it does nothing.
#[inline]
pub(crate) fn spend() {
    if let Some(g) = g::current()
        && g::header(g).spend() == 0
    {
        exhausted();
    }
}

#[cold]
fn exhausted() {
    if panicking() {
        return; // std counts panics by thread: a goroutine must not leave its own now
    }
    if let Some(mut here) = Section::enter()
        && source::waits_for(&here.m().sched, here.p())
    {
        here.yield_now();
    }
}
