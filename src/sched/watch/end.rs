//! The end of a scheduler: it stops the world for good, and nothing of it takes part in anything
//! afterwards.
//!
//! 1. The world is stopped, and never starts again. So every goroutine is at rest, or is in user
//!    code without a P, and meets the end at its next call that may wait.
//! 2. Parked threads go home.
//! 3. The goroutines at rest will never run again. Each is taken out of the queue that it waits
//!    in, and passes on what a waker gave it meanwhile. The waiters that join it are told. The
//!    stacks stay as they are: what the goroutines own is leaked, and never freed while a thread
//!    may still use it.
//! 4. The other threads are waited for. If threads are left behind, each does the same for its
//!    goroutine when it comes ([`schedule`](crate::sched::thread::schedule)).

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use super::schedtrace;
use super::trace;
use super::world::{self, Time};
use crate::facade::{HAS_TIME, nap, now_ns, thread::JoinHandle};
use crate::machine::signal;
use crate::proto::gstatus::Status;
use crate::proto::lockedm::Close;
use crate::sched::gmp::arena::{self, Owner};
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::m::{M, MRef, Orders};
use crate::sched::gmp::p::Fire;
use crate::sched::gmp::schedt::Sched;
use crate::sched::gmp::tags::Who;
use crate::sched::gmp::unwanted::drop_unwanted;
use crate::sched::thread::refused;

/// What is left of an ended scheduler.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Ended {
    /// Nothing that uses it.
    Whole,
    /// Threads, or goroutines that a waker may still ask for: it must stay where it is.
    Remains,
}

/// Ends a scheduler. Waits until all its threads have ended, or for at most `at_most`.
pub(crate) fn end(sched: &Arc<Sched>, at_most: Option<Duration>) -> Ended {
    let mut patience = Patience::new(sched, at_most);
    world::stop_for_good(sched.handle(), || patience.nap());
    let threads = send_home(sched);
    let never_due: Vec<Fire> = sched.allp.iter_all().flat_map(|p| p.timers.close()).collect();
    refused::settle(sched);
    sched.end.begin();
    at_rest(sched).for_each(|g| {
        // SAFETY: it is at rest in a stopped world, which never starts again.
        unsafe { g::header(g).give_up() };
    });
    let are_home = patience.wait_for(threads);
    // Last: what the others did to their end is in the trace.
    let are_home = patience.wait_for(trace::end(sched)) && are_home;
    schedtrace::end(sched);
    never_due.into_iter().for_each(|fire| {
        drop_unwanted(
            fire,
            "gosched: what the function of a timer owns panicked when it was dropped\n",
        );
    });
    give_stacks_back(sched);
    if are_home && its(sched).is_empty() { Ended::Whole } else { Ended::Remains }
}

/// Tells all threads to end; each does when it next looks for a goroutine.
fn send_home(sched: &Sched) -> Vec<JoinHandle> {
    sched.set_stopping();
    sched.template.close();
    sched.watcher.stop();
    sched.sleeper.wake();
    let mut threads = sched.mlife.close();
    for m in sched.idle.close() {
        MRef::from_ptr(m).orders.give(Orders::GoHome);
    }
    sched.mlife.for_each(|m| {
        if m.gate.close() == Close::Tell {
            m.orders.give(Orders::GoHome);
        }
    });
    threads.append(&mut sched.helpers.lock());
    threads
}

/// The goroutines that wait, or wait to be run. A stack that is given back meanwhile is nobody's, and
/// dead.
fn at_rest(sched: &Sched) -> impl Iterator<Item = GRef> + use<> {
    // Not in the arena's lock: the models' threads may take turns here.
    its(sched)
        .into_iter()
        .filter(|&g| matches!(g::header(g).status.peek(), Status::Waiting | Status::Runnable))
}

/// The scheduler's goroutines, and its unused stacks until these are given back. One that is counted
/// out may still be among them: it waits in the destructor of its result.
///
/// In the order in which they were made: no address steers what a model does.
fn its(sched: &Sched) -> Vec<GRef> {
    let mut its = arena::slots(sched.config.stack, Owner::new(sched), |top| Some(g::of(top)));
    its.sort_unstable_by_key(|&g| g::header(g).serial());
    its
}

/// Gives the unused stacks to the arena.
fn give_stacks_back(sched: &Sched) {
    for p in sched.allp.iter_all() {
        p.own(|own| sched.free.flush(&mut own.free));
    }
    // SAFETY: taken out of the list.
    unsafe { g::give_back(sched.free.drain(), sched.config.stack, Owner::new(sched)) };
}

/// After so long it is reported which goroutines the end waits for.
const SILENCE_NS: u64 = 1_000_000_000;
/// How long it naps between two looks: at first, and at most.
const NAPS_NS: (u64, u64) = (20_000, 20_000_000);

/// How long the end waits, and whether it has reported for which goroutines.
struct Patience<'a> {
    sched: &'a Sched,
    start_ns: u64,
    at_most_ns: u64,
    has_spoken: bool,
}

impl<'a> Patience<'a> {
    fn new(sched: &'a Sched, at_most: Option<Duration>) -> Self {
        let at_most_ns =
            at_most.map_or(u64::MAX, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX));
        Self { sched, start_ns: now_ns(), at_most_ns, has_spoken: false }
    }

    /// Waits a little: an eighth of the time that it has waited, within bounds.
    fn nap(&mut self) -> Time {
        let waited_ns = now_ns() - self.start_ns;
        if waited_ns >= self.at_most_ns {
            return Time::Over;
        }
        if waited_ns >= SILENCE_NS && !self.has_spoken {
            self.has_spoken = true;
            say_for_whom(self.sched);
        }
        let (least_ns, most_ns) = NAPS_NS;
        nap((waited_ns / 8).clamp(least_ns, most_ns).min(self.at_most_ns - waited_ns));
        Time::Left
    }

    /// Waits for the ends of threads; true if all have come.
    fn wait_for(&mut self, threads: impl IntoIterator<Item = JoinHandle>) -> bool {
        for thread in threads {
            while HAS_TIME && !thread.is_finished() {
                if self.nap() == Time::Over {
                    return false;
                }
            }
            thread.join();
        }
        true
    }
}

/// The report names at most so many goroutines.
const MOST_LINES: usize = 20;

/// Reports for which goroutines the end waits.
#[cold]
fn say_for_whom(sched: &Sched) {
    let mut text = String::from(
        "gosched: the runtime is shutting down and waits for goroutines that do not call into it \
         (Runtime::shutdown_timeout would not):\n",
    );
    let mut count = 0;
    sched.mlife.for_each(|m| {
        let Some(line) = line(m) else { return };
        count += 1;
        if count <= MOST_LINES {
            text.push_str(&line);
        }
    });
    if count > MOST_LINES {
        // Writing to a String does not fail.
        let _ = writeln!(text, "and {} more", count - MOST_LINES);
    }
    signal::write_stderr(text.as_bytes());
}

fn line(m: &M) -> Option<String> {
    let header = g::header(m.running()?);
    let does = if m.is_asleep() { "blocks its thread" } else { "computes" };
    let tags = header.tags.get(&header.sched.tags);
    let who = Who { id: header.id(), tags: tags.as_deref() };
    Some(format!("{who}: {does}; started at {}\n", header.started_at()?))
}
