//! Metrics: what a runtime has counted and measured.

use std::fmt;
use std::time::Duration;

use crate::base::histogram;
use crate::sched::measures::{Count, Time};
use crate::sched::metrics::{self, Reading};
use crate::sched::schedt::Sched;

/// What a runtime has counted and measured since it started, returned by
/// [`Runtime::metrics`](crate::Runtime::metrics).
///
/// A runtime has metrics if it was built with [`Builder::metrics`](crate::Builder::metrics). The numbers only grow.
/// For what happened between two moments, subtract the numbers of the first from those of the second.
///
/// Goroutines continue while the numbers are read, so they are not all of one moment. But what was counted is counted
/// with its cause: `goroutines_ended` is never above `goroutines_started`, nor above `runs`. A goroutine can be
/// joined shortly before it leaves its stack, which counts as its end.
///
/// All times are real, also in a runtime with [virtual time](crate::time#virtual-time). An ordinary thread that waits
/// for a goroutine or a lock is not measured.
///
/// `Display` shows the numbers as a short table. The example `metrics` serves them in the format of Prometheus.
///
/// # Cost
///
/// Each event costs some tens of nanoseconds, most of which go to reading the clock: a wait and its wake-up are three events.
/// Each thread of the runtime takes some 6 kB more memory. In a runtime without metrics an event costs a load
/// and a branch. (If another runtime of the process has metrics, it costs a few nanoseconds.)
///
/// # Examples
///
/// ```
/// // SAFETY: nothing in these goroutines knows about threads.
/// let rt = unsafe { gosched::Runtime::builder().metrics(true).start()? };
/// rt.run(|| gosched::go(|| ()).join().unwrap());
/// let metrics = rt.metrics().unwrap();
/// assert_eq!(metrics.goroutines_started, 2);
/// println!("99 of 100 ran within {:?}", metrics.time_to_run.quantile(0.99));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Goroutines that were started.
    pub goroutines_started: u64,
    /// Goroutines that have ended.
    pub goroutines_ended: u64,
    /// How often a thread began, or continued, to run a goroutine.
    pub runs: u64,
    /// How often the wait of a goroutine was ended: by another goroutine, a thread, a timer or the kernel.
    pub wakeups: u64,
    /// How often a processor that had nothing to do took goroutines from the queue of another one.
    pub steals: u64,
    /// How often a processor was taken from a goroutine, because it computed or blocked for long or because the
    /// world was to stop. The goroutine continued without.
    pub procs_taken: u64,
    /// Timers that have fired: sleeps, time-outs, tickers.
    pub timers_fired: u64,
    /// How often an event of the kernel (a socket that can be read, for example) ended the wait of a goroutine.
    pub events_polled: u64,
    /// Threads that began to run goroutines. Helper threads are not counted.
    pub threads_started: u64,
    /// How often the world was stopped: by [`stop_the_world`](crate::stop_the_world) or
    /// [`set_procs`](crate::set_procs).
    pub worlds_stopped: u64,
    /// How long goroutines that could run had to wait until they ran: those that were started, those whose wait was
    /// ended, and those that let others run or lost their processor. (Go has this as `/sched/latencies:seconds`.)
    pub time_to_run: Histogram,
    /// How long goroutines ran in one go: until they waited, let others run, or ended. Time in which a
    /// goroutine blocked its thread in the kernel counts, and so does time that it computed without a processor.
    pub time_running: Histogram,
    /// How long goroutines waited for locks: for a [`Mutex`](crate::sync::Mutex), also after a wait for a
    /// [`Condvar`](crate::sync::Condvar), and for an [`RwLock`](crate::sync::RwLock). From the beginning of the wait until
    /// the goroutine ran again. A goroutine that then finds the lock taken once more waits anew. A lock that was free is
    /// not measured.
    pub time_to_lock: Histogram,
    /// How long it took until the world was stopped, once those were served who wanted to stop it before.
    pub time_to_stop: Histogram,
    /// How long the world was stopped.
    pub time_stopped: Histogram,
}

impl Metrics {
    pub(super) fn of(sched: &Sched) -> Option<Self> {
        metrics::read(sched).as_ref().map(Self::new)
    }

    fn new(Reading { counts, times }: &Reading) -> Self {
        let count = |what: Count| counts[what as usize];
        let time = |what: Time| Histogram(times[what as usize].clone());
        Self {
            goroutines_started: count(Count::Made),
            goroutines_ended: count(Count::Ended),
            runs: count(Count::Runs),
            wakeups: count(Count::Readied),
            steals: count(Count::Stolen),
            procs_taken: count(Count::Taken),
            timers_fired: count(Count::Fired),
            events_polled: count(Count::Polled),
            threads_started: count(Count::Threads),
            worlds_stopped: count(Count::Stops),
            time_to_run: time(Time::ToRun),
            time_running: time(Time::Running),
            time_to_lock: time(Time::ToLock),
            time_to_stop: time(Time::ToStop),
            time_stopped: time(Time::Stopped),
        }
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { goroutines_started, goroutines_ended, runs, wakeups, steals, .. } = self;
        let Self { procs_taken, timers_fired, events_polled, threads_started, .. } = self;
        let stops = self.worlds_stopped;
        writeln!(f, "goroutines: {goroutines_started} started, {goroutines_ended} ended")?;
        writeln!(f, "runs: {runs}, wake-ups: {wakeups}, steals: {steals}")?;
        writeln!(f, "processors taken: {procs_taken}, threads started: {threads_started}")?;
        writeln!(f, "timers: {timers_fired}, events: {events_polled}, world stopped: {stops}")?;
        let head = ["count", "median", "90 %", "99 %", "largest"].map(|it| format!("{it:>12}"));
        write!(f, "{:<16}{}", "", head.concat())?;
        for (name, time) in [
            ("time to run", &self.time_to_run),
            ("time running", &self.time_running),
            ("time to lock", &self.time_to_lock),
            ("time to stop", &self.time_to_stop),
            ("time stopped", &self.time_stopped),
        ] {
            write!(f, "\n{name:<16}{time}")?;
        }
        Ok(())
    }
}

/// Durations, counted in buckets.
///
/// There are four buckets for each power of two nanoseconds. So each bound, and each quantile, is at most a quarter too
/// large.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram(histogram::Histogram);

impl Histogram {
    /// Returns how many durations were measured.
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// Returns the sum of all durations. It is exact.
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.0.sum_ns())
    }

    /// Returns the largest duration, which is exact, or zero if nothing was measured.
    pub fn largest(&self) -> Duration {
        Duration::from_nanos(self.0.largest_ns())
    }

    /// Returns a duration that the part `q` of all durations does not exceed, or zero if nothing was measured.
    ///
    /// `quantile(0.5)` is the median; 99 of 100 durations are no longer than `quantile(0.99)`. The result is at most a
    /// quarter too large, and never above [`largest`](Self::largest).
    ///
    /// # Panics
    ///
    /// If `q` is not between 0 and 1.
    #[track_caller]
    pub fn quantile(&self, q: f64) -> Duration {
        assert!((0.0..=1.0).contains(&q), "gosched: a quantile is between 0 and 1: quantile({q})");
        Duration::from_nanos(self.0.quantile_ns(q))
    }

    /// Returns the buckets that are not empty, in ascending order: the longest duration that the bucket can hold, and how
    /// many it does hold.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// /// How many durations are at most so long?
    /// fn within(histogram: &gosched::Histogram, bound: Duration) -> u64 {
    ///     histogram.buckets().take_while(|&(longest, _)| longest <= bound).map(|(_, n)| n).sum()
    /// }
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().metrics(true).start()? };
    /// # rt.run(gosched::yield_now);
    /// # let runs = rt.metrics().unwrap().time_running;
    /// # assert_eq!(within(&runs, Duration::MAX), runs.count());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        self.0.buckets().map(|(bound_ns, n)| (Duration::from_nanos(bound_ns), n))
    }
}

impl fmt::Display for Histogram {
    /// The count, the median, two quantiles and the largest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12}", self.count())?;
        let times = [self.quantile(0.5), self.quantile(0.9), self.quantile(0.99), self.largest()];
        times.iter().try_for_each(|time| write!(f, "{:>12}", format!("{time:.1?}")))
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("sum", &self.sum())
            .field("largest", &self.largest())
            .finish_non_exhaustive()
    }
}
