//! What holds of a thread or a goroutine for the moment: marks that one room sets and the others ask
//! for.

use core::cell::Cell as OwnCell;

use super::g::{self, GRef};
use super::m::MRef;
use super::schedt::SchedRef;
use crate::facade::tls;

tls! {
    /// Whether this thread has stopped a world, and would wait for itself.
    fn stops: OwnCell<bool> = OwnCell::new(false)
}

/// Whether the code that runs here has stopped a world: it must not wait for a goroutine, and acts
/// as an ordinary thread where it wakes one.
pub(crate) fn stops_here() -> bool {
    stops(OwnCell::get).unwrap_or(false)
}

/// Says whether this thread has stopped a world. A child of fork has stopped nothing, whatever its
/// parent did.
pub(crate) fn set_stops_here(does: bool) {
    stops(|stops| stops.set(does));
}

tls! {
    /// Whether a thread made by this one is as good as any other: it is one of ours, and its
    /// goroutine has not locked itself to it, perhaps to change what a new thread would inherit.
    fn clean: OwnCell<bool> = OwnCell::new(false)
}

/// Whether this thread may make others.
pub(crate) fn is_clean() -> bool {
    clean(OwnCell::get).unwrap_or(false)
}

/// Says whether this thread may make others.
pub(crate) fn set_clean(is_clean: bool) {
    clean(|clean| clean.set(is_clean));
}

/// Where these marks lie in this thread's memory.
pub(crate) fn places() -> [usize; 2] {
    let place = |mark: &OwnCell<bool>| core::ptr::from_ref(mark).addr();
    [stops(place).unwrap_or(0), clean(place).unwrap_or(0)]
}

/// Whether a goroutine that an M is about to run is held back by a pause instead.
#[cold]
pub(crate) fn holds(m: MRef, g: GRef) -> bool {
    !g::header(g).is_pausing() && m.sched.pause.hold(g)
}

/// Whether a pause forbids a goroutine that got a P again to go on with it.
pub(crate) fn forbids(sched: SchedRef, g: GRef) -> bool {
    sched.pause.is_on() && !g::header(g).is_pausing()
}
