//! Time and sleep in a model. The clock is a word that one of the model's threads moves on, so a time-out
//! races with everything else like any other step.
//!
//! A model without [`begin`] has no time: its clock stands still, and a timed sleep is a sleep.
//!
//! A timed sleeper lists its bed with the clock first, and then looks at the time with its bed's mutex held.
//! Whoever moves the clock sets the time first, and then wakes every listed bed with its mutex held. So
//! either the sleeper sees the new time, or it is listed and already waits, and is woken.

#![allow(clippy::disallowed_types, reason = "the only door")]

use std::sync::Arc;

use super::backend::{process_wide, raw};
use super::sleep::{Slept, SleptOn};
use super::{AtomicUsize, Ordering, journal};

/// Where the threads sleep that sleep on one word. The mutex makes "look at the word and fall asleep" one
/// step, as the kernel's bucket lock does.
struct Bed {
    bucket: raw::Mutex<()>,
    woken: raw::Condvar,
}

impl Bed {
    fn new() -> Self {
        Self { bucket: raw::Mutex::new(()), woken: raw::Condvar::new() }
    }

    fn look(&self) -> raw::MutexGuard<'_, ()> {
        self.bucket.lock().expect("a checker's mutex is not poisoned")
    }

    fn sleep<'a>(&self, bucket: raw::MutexGuard<'a, ()>) -> raw::MutexGuard<'a, ()> {
        journal::other("falls asleep");
        let bucket = self.woken.wait(bucket).expect("a checker's mutex is not poisoned");
        journal::other("wakes up");
        bucket
    }

    /// Sleeps once. One that was woken beside the end of its time says that the time is up, and may have
    /// used up a wake-up: its caller has to look at the word.
    fn sleep_until(
        &self,
        word: &impl SleptOn,
        expected: u32,
        deadline_ns: u64,
        other: impl Fn() -> bool,
    ) -> Slept {
        let bucket = self.look();
        if word.value() != expected || other() {
            return Slept::Woken;
        }
        if now_ns() < deadline_ns {
            drop(self.sleep(bucket));
        }
        if now_ns() < deadline_ns { Slept::Woken } else { Slept::TimedOut }
    }
}

/// Threads asleep on a futex word.
pub(super) struct Sleepers(Place);

impl Sleepers {
    pub(super) fn new() -> Self {
        Self(Place::new())
    }

    pub(super) fn wait(&self, word: &impl SleptOn, expected: u32) {
        let bed = self.0.bed(word);
        let bucket = bed.look();
        if word.value() == expected {
            drop(bed.sleep(bucket));
        }
    }

    pub(super) fn wait_until(&self, word: &impl SleptOn, expected: u32, deadline_ns: u64) -> Slept {
        self.wait_until_or(word, expected, deadline_ns, || false)
    }

    /// The same, or until `other` is true of what [`wake_all`] wakes for.
    pub(super) fn wait_until_or(
        &self,
        word: &impl SleptOn,
        expected: u32,
        deadline_ns: u64,
        other: impl Fn() -> bool,
    ) -> Slept {
        if !has_begun() {
            self.wait(word, expected);
            return Slept::Woken;
        }
        let bed = self.0.bed(word);
        list(&bed);
        let slept = bed.sleep_until(word, expected, deadline_ns, other);
        unlist(&bed);
        slept
    }

    pub(super) fn wake_one(&self, word: &impl SleptOn) {
        let bed = self.0.bed(word);
        let bucket = bed.look();
        journal::other("wakes a sleeper");
        bed.woken.notify_one();
        drop(bucket);
    }
}

/// Where the bed of a futex is: beside its word.
#[cfg(any(test, feature = "loom"))]
struct Place(Arc<Bed>);

#[cfg(any(test, feature = "loom"))]
impl Place {
    fn new() -> Self {
        Self(Arc::new(Bed::new()))
    }

    fn bed(&self, _: &impl SleptOn) -> Arc<Bed> {
        self.0.clone()
    }
}

/// In a user's program it is found by the word's address, as the kernel finds it: so a futex is as large as in a
/// real build, and words share cache lines as they do there.
#[cfg(not(any(test, feature = "loom")))]
struct Place;

#[cfg(not(any(test, feature = "loom")))]
impl Place {
    fn new() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the shape of the other")]
    fn bed(&self, word: &impl SleptOn) -> Arc<Bed> {
        let mut beds = BEDS.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        beds.entry(core::ptr::from_ref(word).addr()).or_insert_with(|| Arc::new(Bed::new())).clone()
    }
}

/// The beds of an execution, in a mutex that a checker need not see: nothing of it runs meanwhile. A bed outlives
/// its futex, and serves the next one that lies there.
#[cfg(not(any(test, feature = "loom")))]
#[derive(Default)]
struct Beds(std::sync::Mutex<std::collections::HashMap<usize, Arc<Bed>>>);

#[cfg(not(any(test, feature = "loom")))]
process_wide! {
    static BEDS: Beds = Beds::default()
}

/// The clock of a model.
struct Clock {
    /// Nanoseconds. Written by the one thread that moves the clock on.
    now: AtomicUsize,
    beds: raw::Mutex<Vec<Arc<Bed>>>,
}

/// Whether this execution of a model has time: nobody else than its first thread sets it, before it starts
/// another.
#[derive(Default)]
struct Begun(core::sync::atomic::AtomicBool); // a checker need not see it

process_wide! {
    static CLOCK: Clock = Clock { now: AtomicUsize::new(0), beds: raw::Mutex::new(Vec::new()) }
}
process_wide! {
    static BEGUN: Begun = Begun::default()
}

/// This execution of the model has time.
#[cfg(test)]
pub(crate) fn begin() {
    BEGUN.0.store(true, Ordering::Relaxed);
}

fn has_begun() -> bool {
    BEGUN.0.load(Ordering::Relaxed)
}

/// Nanoseconds since the model began.
pub(crate) fn now_ns() -> u64 {
    // By a read-modify-write, which sees the last value: who looks at a clock later does not see an earlier
    // moment. Who has seen a moment sees what was done before it.
    if has_begun() { CLOCK.now.fetch_add(0, Ordering::AcqRel) as u64 } else { 0 }
}

/// Lets time pass, and ends the sleeps whose time is up. For one thread of the model.
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "64-bit machines only")]
pub(crate) fn advance(ns: u64) {
    CLOCK.now.fetch_add(ns as usize, Ordering::AcqRel);
    wake_all();
}

/// Has all who sleep until some moment look at the world again.
#[cfg(test)]
pub(super) fn wake_all() {
    let beds = CLOCK.beds.lock().expect("a checker's mutex is not poisoned").clone();
    for bed in beds {
        let bucket = bed.look();
        bed.woken.notify_all();
        drop(bucket);
    }
}

fn list(bed: &Arc<Bed>) {
    CLOCK.beds.lock().expect("a checker's mutex is not poisoned").push(bed.clone());
}

fn unlist(bed: &Arc<Bed>) {
    let mut beds = CLOCK.beds.lock().expect("a checker's mutex is not poisoned");
    if let Some(i) = beds.iter().position(|other| Arc::ptr_eq(other, bed)) {
        beds.swap_remove(i);
    }
}
