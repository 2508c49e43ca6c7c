//! The template thread: makes threads for a thread whose own state must not be inherited.

use super::newm::newm1_or_complain;
use super::start::or_undo;
use crate::sched::gmp::marks;
use crate::sched::gmp::schedt::SchedRef;

/// The template thread's life.
pub(crate) fn template(sched: SchedRef) {
    marks::set_clean(true);
    while let Some(requests) = sched.template.serve() {
        for orders in requests {
            or_undo(sched, newm1_or_complain(sched, orders));
        }
    }
}
