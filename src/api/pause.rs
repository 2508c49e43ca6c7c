//! Holding goroutines back while one works.

use std::fmt;
use std::marker::PhantomData;

use crate::sched::g::{self, GRef};
use crate::sched::schedt::SchedRef;
use crate::sched::{marks, pause};

/// While it lives, no goroutine of its runtime gets to run but the one that made it; see
/// [`Runtime::pause`](crate::Runtime::pause) and [`pause`](crate::pause()).
#[must_use = "the pause ends when this is dropped"]
pub struct Pause<'rt> {
    sched: SchedRef,
    /// The goroutine that made it, and its number: its stack may be another's by the time this goes.
    pauser: Option<(GRef, u64)>,
    /// For its runtime, and not `Send`: it is its maker that may run.
    of: PhantomData<(&'rt (), *const ())>,
}

impl fmt::Debug for Pause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Pause { .. }")
    }
}

impl Pause<'_> {
    #[track_caller]
    pub(super) fn new(sched: SchedRef) -> Self {
        let pauser = g::current().filter(|&g| g::header(g).sched == sched);
        pause::begin(sched, pauser);
        let pauser = pauser.map(|g| (g, g::header(g).id()));
        Self { sched, pauser, of: PhantomData }
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        let still = self.pauser.filter(|&(g, id)| marks::is_this(g, id));
        pause::end(self.sched, still.map(|(g, _)| g));
    }
}
