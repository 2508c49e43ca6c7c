//! Keeping goroutines from running for a while.

use std::fmt;
use std::marker::PhantomData;

use crate::sched::g::{self, GRef};
use crate::sched::schedt::SchedRef;
use crate::sched::{marks, pause};

/// A pause: while it exists, the goroutines of its runtime do not run, except the one that made it.
///
/// Made by [`pause`](crate::pause()) and [`Runtime::pause`](crate::Runtime::pause), which say what
/// goes on meanwhile. Dropping it ends the pause, and does not wait. There may be several pauses at
/// a time; goroutines run again when the last one has been dropped. It cannot be sent to another
/// goroutine or thread.
#[must_use = "the pause ends when this is dropped"]
pub struct Pause<'rt> {
    sched: SchedRef,
    /// The goroutine that made it, and its number. When the pause is dropped, the stack may belong
    /// to another goroutine.
    pauser: Option<(GRef, u64)>,
    /// Borrows its runtime, and is not `Send`: only the goroutine that made it may run.
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
