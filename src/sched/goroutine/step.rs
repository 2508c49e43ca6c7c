//! A step of a goroutine in a check of a user's program: a call of this crate. Before each of them another
//! goroutine may run, or time may pass. In every other build this is nothing.

use core::panic::Location;

use super::section::Section;
use crate::facade::directed;
pub(crate) use crate::facade::news::Call;
use crate::facade::news::News;
#[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
use crate::facade::news::Upset;
use crate::sched::gmp::g;
use crate::sched::gmp::marks::stops_here;
use crate::sched::gmp::wait::{Abandon, Site, Wait};
use crate::sched::work::chosen;

/// The caller's caller makes a call. `object` is told from others by its address.
#[inline(always)]
#[track_caller]
pub(crate) fn step<T: ?Sized>(call: Call, object: *const T) {
    step_at(call, object, Location::caller());
}

/// The same, for a call at a place that is known.
#[inline(always)]
pub(crate) fn step_at<T: ?Sized>(call: Call, object: *const T, at: Site) {
    if directed::is_on() {
        slow(call, object.addr(), Some(at));
    }
}

/// The same, for a call that has no place in the program: the drop of a value.
#[inline(always)]
pub(crate) fn step_of_drop<T: ?Sized>(call: Call, object: *const T) {
    if directed::is_on() {
        slow(call, object.addr(), None);
    }
}

/// Runs `f`, whose calls are no steps: a lock of ours is held.
#[inline(always)]
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    if !directed::is_on() {
        return f();
    }
    directed::set_quiet(true);
    let result = f();
    directed::set_quiet(false);
    result
}

/// The simulated network does something to what this goroutine sends or receives.
#[cfg(all(feature = "shuttle", not(feature = "loom"), not(test)))]
pub(crate) fn upset(upset: Upset) {
    if let Some(g) = g::current() {
        directed::tell(|| News::Network { id: g::header(g).id(), upset });
    }
}

/// Panics in a check of a user's program: it has no descriptors.
///
/// # Panics
///
/// As it says.
#[inline]
#[track_caller]
pub(crate) fn refuse_descriptors() {
    assert!(
        !directed::is_on(),
        "gosched: a program that is checked uses a pipe, a child process, or a socket that was made of a descriptor; \
         gosched::check has none: let a channel take its place, or a socket that `net` connects or binds"
    );
}

#[cold]
fn slow(call: Call, object: usize, at: Option<Site>) {
    let Some(g) = g::current().filter(|_| !directed::is_quiet()) else { return };
    let id = g::header(g).id();
    // A goroutine that unwinds goes on to its end, and so does one that has stopped the world.
    if !std::thread::panicking()
        && !stops_here()
        && let Some(mut section) = Section::enter()
    {
        if directed::is_over() {
            rest(&mut section);
        }
        if chosen::lets_others_go_first(section.m().sched, section.p(), g) {
            section.yield_now();
        }
    }
    directed::tell(|| News::Calls { id, call, object, at });
}

/// The goroutine never goes on: the check has seen enough.
fn rest(section: &mut Section) {
    loop {
        section.park_for(Wait::Idle, Location::caller(), &ForEver);
    }
}

/// A wait in no queue.
struct ForEver;

impl Abandon for ForEver {
    fn abandon(&self) {}
}
