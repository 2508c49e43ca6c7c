//! Code that is marked as blocking (Go's `entersyscall` and `exitsyscall`).
//!
//! A goroutine's P may be taken with or without the mark. With the mark it is taken sooner,
//! because the watcher need not find out whether the goroutine computes.

use super::here::Here;
use crate::sched::gmp::g;
use crate::sched::gmp::m::MRef;
use crate::sched::work::source;

/// Runs `f`, which blocks. On an ordinary thread, only runs it.
pub(crate) fn blocking<T>(f: impl FnOnce() -> T) -> T {
    drop(Here::arrive());
    let Some(m) = m() else { return f() };
    let was = m.set_blocking(true);
    if m.has_p() && source::waits_for(&m.sched, m.p()) {
        m.sched.watcher.hurry();
    }
    let _end = End { was };
    f()
}

struct End {
    was: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        // `f` may have waited in the runtime, and be on another M, whose mark is its own.
        if let Some(m) = m() {
            m.set_blocking(self.was);
        }
    }
}

/// The M that runs this goroutine now.
#[inline(never)]
fn m() -> Option<MRef> {
    g::current().map(|g| g::header(g).m())
}
