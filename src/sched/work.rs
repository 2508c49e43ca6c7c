//! Where work can be: the one list of sources. Whoever gives a P up looks here, and whatever comes
//! to be a source of goroutines is added here.

use super::p::PRef;
use super::schedt::Sched;

/// Whether any source has work, as far as one look can tell: a caller that must be sure fences first
/// (`proto/idle`).
pub(crate) fn exists(sched: &Sched) -> bool {
    !sched.globrunq.is_empty() || sched.allp.iter().any(|p| !p.runq.is_empty())
}

/// Whether any source has work for the owner of `p`, who does not steal.
pub(crate) fn exists_for(sched: &Sched, p: PRef) -> bool {
    !p.runq.is_empty() || !sched.globrunq.is_empty()
}
