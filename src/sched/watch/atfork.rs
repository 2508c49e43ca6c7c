//! What is done around a fork.

use crate::facade::events;
use crate::facade::process::{self, Global};
use crate::machine;
use crate::proto::asleep;
use crate::sched::gmp::{arena, g, marks, pd};

static WATCHES: Global<()> = Global::new();

/// Notices forks from now on.
pub(crate) fn watch() {
    WATCHES.init(|| machine::process::at_fork(before, in_parent, in_child));
}

/// Waits until no other thread is in the arena, or where descriptors are kept, and keeps them out: a child
/// could not finish what they had begun.
extern "C" fn before() {
    arena::keep();
    pd::keep();
    events::keep();
    asleep::threads(); // it is there: a child must not find it half made
}

extern "C" fn in_parent() {
    let_go();
}

fn let_go() {
    // SAFETY: `before` has kept it, on this thread.
    unsafe { events::let_go() };
    // SAFETY: as above.
    unsafe { pd::let_go() };
    // SAFETY: as above.
    unsafe { arena::let_go() };
}

extern "C" fn in_child() {
    let_go();
    process::has_forked();
    asleep::threads().forget();
    marks::set_stops_here(false);
    if let Some(g) = g::current() {
        // It was in user code, and finds out when it comes back. A thread of the parent may have been
        // taking its P just then; that thread is not here to end the attempt.
        g::header(g).m().lease.leave_without_p();
    }
}
