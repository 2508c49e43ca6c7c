//! Metrics: counting and measuring what a scheduler says that it does, and adding it up.

use crate::base::histogram::Histogram;
use crate::facade::now_ns;
use crate::sched::gmp::event::Event;
use crate::sched::gmp::g::{self, GRef};
use crate::sched::gmp::m::MRef;
use crate::sched::gmp::marks;
use crate::sched::gmp::measures::{Count, Measures, Moment, OfM, Time};
use crate::sched::gmp::schedt::{Sched, SchedRef};

/// What was counted and measured, each at its own number.
pub(crate) struct Reading {
    pub(crate) counts: [u64; Count::ALL.len()],
    pub(crate) times: [Histogram; Time::ALL.len()],
}

/// Counts an event, if the scheduler has metrics. The speaker may hold any lock, and is not kept.
pub(crate) fn record(sched: SchedRef, event: Event<GRef>) {
    let Some(all) = sched.measures.as_deref() else { return };
    let now_ns = now_ns();
    stamp(event, now_ns);
    let m = marks::this_m().filter(|m| m.sched == sched);
    match m.as_ref().and_then(|m| m.measures.as_deref()) {
        Some(own) => {
            counted(event).into_iter().for_each(|(what, n)| own.tally.count(what, n));
            run(own, event, now_ns);
        }
        None => counted(event).into_iter().for_each(|(what, n)| all.count(what, n)),
    }
    stop(all, event, now_ns);
}

/// What an event counts for.
fn counted(event: Event<GRef>) -> Option<(Count, u32)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not counted")]
    Some(match event {
        Event::Made(_) => (Count::Made, 1),
        Event::Runs(_) => (Count::Runs, 1),
        Event::Ends(_) => (Count::Ended, 1),
        Event::Readied(_) => (Count::Readied, 1),
        Event::Stolen(..) => (Count::Stolen, 1),
        Event::Taken(_) => (Count::Taken, 1),
        Event::TimerFires => (Count::Fired, 1),
        Event::Polled(n) => (Count::Polled, n),
        Event::ThreadBegins(_) => (Count::Threads, 1),
        Event::WorldStopped => (Count::Stops, 1),
        _ => return None,
    })
}

/// Notes when a goroutine became able to run. That moment is the speaker's now: it has made the goroutine, or is its
/// one waker and has not told it yet, or is the M that it leaves.
fn stamp(event: Event<GRef>, now_ns: u64) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "no goroutine becomes able to run")]
    match event {
        Event::Made(g) | Event::Readied(g) | Event::Yields(g) | Event::LacksP(g) => {
            g::header(g).since.can_run.set(now_ns);
        }
        _ => {}
    }
}

/// Measures the run that an M begins or ends.
fn run(own: &OfM, event: Event<GRef>, now_ns: u64) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "no run begins or ends")]
    match event {
        Event::Runs(g) => {
            own.tally.measure(Time::ToRun, now_ns.saturating_sub(g::header(g).since.can_run.get()));
            begin(own, g, now_ns);
        }
        Event::WakesUp(g) => begin(own, g, now_ns),
        Event::Waits { g, why, .. } | Event::Sleeps { g, why, .. } => {
            end(own, now_ns);
            if why.is_for_lock() {
                g::header(g).since.wants_lock.set(Some(now_ns));
            }
        }
        Event::Yields(_) | Event::LacksP(_) | Event::Ends(_) => end(own, now_ns),
        _ => {}
    }
}

/// A goroutine runs from here on. If it has waited for a lock, that is over.
fn begin(own: &OfM, g: GRef, now_ns: u64) {
    if let Some(since_ns) = g::header(g).since.wants_lock.take() {
        own.tally.measure(Time::ToLock, now_ns.saturating_sub(since_ns));
    }
    own.runs_since.set(Some(now_ns));
}

/// It runs no more. If it fell asleep with its thread, and its runtime is over, that was so before.
fn end(own: &OfM, now_ns: u64) {
    if let Some(since_ns) = own.runs_since.take() {
        own.tally.measure(Time::Running, now_ns.saturating_sub(since_ns));
    }
}

/// Measures a stop of the world.
fn stop(all: &Measures, event: Event<GRef>, now_ns: u64) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the world goes on as it was")]
    match event {
        Event::StopsWorld => all.note(Moment::Wanted, now_ns),
        Event::WorldStopped => {
            all.measure_from(Moment::Wanted, Time::ToStop, now_ns);
            all.note(Moment::Stopped, now_ns);
        }
        Event::WorldStarts => all.measure_from(Moment::Stopped, Time::Stopped, now_ns),
        _ => {}
    }
}

/// What was counted and measured until now; `None` if the scheduler has no metrics.
pub(crate) fn read(sched: &Sched) -> Option<Reading> {
    let all = sched.measures.as_deref()?;
    let times = Time::ALL.map(|what| {
        let mut time = Histogram::new();
        if what.is_measured_by_ms() {
            of_ms(sched, |own| own.read_time(what, &mut time));
        } else {
            all.read_time(what, &mut time);
        }
        time
    });
    let counts = Count::ALL.map(|what| {
        let mut count = all.counted(what);
        of_ms(sched, |own| count += own.counted(what));
        count
    });
    Some(Reading { counts, times })
}

/// Shows the parts of all Ms there are and were, listed anew: one that an event was read of may have been told of
/// it by an M that is new.
fn of_ms(sched: &Sched, show: impl FnMut(&OfM)) {
    let mut ms = Vec::new();
    sched.mlife.for_each_record(|m| ms.push(MRef::new(m)));
    ms.iter().filter_map(|m| m.measures.as_deref()).for_each(show);
}
