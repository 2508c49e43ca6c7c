//! Marks of a thread or a goroutine, such as "has stopped a world": one room sets them, the others
//! read them.

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
    /// Whether a new thread may inherit this thread's state: it is an M or the template thread, and
    /// its goroutine has not locked itself to it (perhaps to change what a new thread would
    /// inherit).
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

tls! {
    /// Whether this thread is no M, and runs a user's code for a scheduler: the writer of a trace.
    fn helps: OwnCell<bool> = OwnCell::new(false)
}

tls! {
    /// The scheduler whose M or helper this thread is: until it has ended, its thread-locals' destructors
    /// included.
    fn runtime: OwnCell<Option<SchedRef>> = OwnCell::new(None)
}

tls! {
    /// The M that this thread is, while it may run goroutines.
    fn m: OwnCell<Option<MRef>> = OwnCell::new(None)
}

/// Whether the end of the scheduler waits for this thread, one of its Ms or a helper: whichever stack it runs on,
/// and though it may be destroying its thread-locals.
pub(crate) fn is_thread_of(sched: SchedRef) -> bool {
    runtime(OwnCell::get).flatten() == Some(sched)
}

/// Whether this thread was an M or a helper and is none any more: it destroys its thread-locals.
pub(crate) fn is_ending() -> bool {
    let is_a_schedulers = runtime(OwnCell::get).flatten().is_some();
    is_a_schedulers && this_m().is_none() && !helps(OwnCell::get).unwrap_or(false)
}

/// The M that this thread is, whichever stack it runs on.
pub(crate) fn this_m() -> Option<MRef> {
    m(OwnCell::get).flatten()
}

/// The goroutine whose thread this is, whichever stack it runs on.
pub(crate) fn this_g() -> Option<GRef> {
    this_m().and_then(|m| m.running())
}

/// Whether a goroutine runs on this thread in the life that has this number.
pub(crate) fn is_this(g: GRef, id: u64) -> bool {
    this_g() == Some(g) && g::header(g).id() == id
}

/// This thread is an M.
pub(crate) fn begin_m(this: MRef) {
    runtime(|runtime| runtime.set(Some(this.sched)));
    m(|m| m.set(Some(this)));
}

/// This thread runs no goroutine any more.
pub(crate) fn end_m() {
    m(|m| m.set(None));
}

/// This thread is a helper.
pub(crate) fn begin_helper(sched: SchedRef) {
    runtime(|runtime| runtime.set(Some(sched)));
    helps(|helps| helps.set(true));
}

/// This thread runs no code of the user's any more, but for the destructors of its thread-locals.
pub(crate) fn end_helper() {
    helps(|helps| helps.set(false));
}

/// Where these marks lie in this thread's memory.
pub(crate) fn places() -> [usize; 5] {
    [
        helps(|mark| core::ptr::from_ref(mark).addr()).unwrap_or(0),
        stops(|mark| core::ptr::from_ref(mark).addr()).unwrap_or(0),
        clean(|mark| core::ptr::from_ref(mark).addr()).unwrap_or(0),
        runtime(|mark| core::ptr::from_ref(mark).addr()).unwrap_or(0),
        m(|mark| core::ptr::from_ref(mark).addr()).unwrap_or(0),
    ]
}

/// Whether a goroutine that an M is about to run is held back by a pause instead.
#[cold]
pub(crate) fn holds(m: MRef, g: GRef) -> bool {
    !g::header(g).is_pausing() && m.sched.pause.hold(g)
}

/// Whether a pause forbids a goroutine to continue with a P that it got again.
pub(crate) fn forbids(sched: SchedRef, g: GRef) -> bool {
    sched.pause.is_on() && !g::header(g).is_pausing()
}
