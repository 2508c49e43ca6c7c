//! Traces: pictures of what a program's goroutines did, and what the program adds to them.
//!
//! [`Runtime::trace`] writes everything that a runtime does to a file, until it is told to end.
//! [`Runtime::flight_recorder`] keeps the last of it in memory, for the moment when something was too slow.
//! With `GOSCHED_TRACE=trace.json` in the environment a program writes the trace of its first runtime from its
//! start to its end (`%p` in the name stands for the number of the process; further runtimes write to
//! `trace.json.2` and so on). For a line about the scheduler now and then, see [`schedtrace`](crate::schedtrace).
//!
//! The file is Chrome's JSON. Open it in <https://ui.perfetto.dev> or in `chrome://tracing`:
//!
//! - Each processor has a row, with a slice for each time that a goroutine ran there. It is named by where the
//!   goroutine was started (`file:line`) and by its number, and says what the goroutine did then: what it waited
//!   for, and where.
//! - Each thread has a row, with the processors that it had, and the goroutines that it ran without a processor
//!   because they blocked or computed for long.
//! - An arrow leads from each wake-up, and from each start of a goroutine, to where it runs.
//! - Numbers show how many goroutines there are, how many wait in queues, how many processors idle, and how many
//!   threads there are.
//!
//! A program can add *regions* ([`region`]) and *messages* ([`message`]).
//!
//! # Cost
//!
//! While nobody traces, everything that the runtime does costs a load and a branch more. In a traced
//! runtime, each event costs some tens of nanoseconds and about ten bytes; a thread of its own takes them away
//! each 10 ms and writes them. If it cannot keep up, events are lost, at most 4 MiB for each thread are kept
//! meanwhile, and [`Summary::lost`] says how many were lost. Nothing ever waits for it.
//!
//! The runtime allocates memory while it notes an event. So a global allocator must not call this crate, not even
//! [`message`]: it would be called again in the middle of a note.
//!
//! # Examples
//!
//! ```
//! # // SAFETY: nothing in these goroutines knows about threads.
//! # let rt = unsafe { gosched::Runtime::builder().start()? };
//! use gosched::trace;
//!
//! # let path = std::env::temp_dir().join(format!("gosched-doc-{}.json", std::process::id()));
//! let trace = rt.trace(std::fs::File::create(&path)?)?;
//! rt.run(|| {
//!     let _region = trace::region("read the index");
//!     trace::message("entries", 17);
//! });
//! let summary = trace.finish()?;
//! assert_eq!(summary.lost, 0);
//! # std::fs::remove_file(&path)?;
//! # std::io::Result::Ok(())
//! ```

use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use super::runtime::Runtime;
use crate::facade::{heard, process};
use crate::sched::event::Event;
use crate::sched::g::{self, GRef};
use crate::sched::trace::{self, Snapshots, Started};

impl Runtime {
    /// Writes all that this runtime does to `writer`, until the returned value is finished or dropped, or the
    /// runtime ends. Does not wait.
    ///
    /// The writer is used and dropped by a thread of its own, and the end of the runtime waits for that. If the
    /// writer fails or panics, the trace ends, one line on stderr says so, and the program continues.
    ///
    /// The writer may use this crate: it may send to a channel, for example. Therefore a deadlock
    /// ([`run`](Self::run)) is not reported before the trace has ended: the writer might still wake a goroutine.
    /// This holds for deadlocks in all runtimes of the process, except those that are
    /// [isolated](crate::Builder::isolated). A flight recorder and `GOSCHED_TRACE` hide no deadlock.
    ///
    /// Three things are refused in the writer, its drop included, because its thread would wait for itself:
    /// dropping this runtime there panics, [finishing](Trace::finish) the trace returns an error, and a further
    /// trace is refused as long as this one has not ended.
    ///
    /// # Errors
    ///
    /// If the runtime is traced already, by this method, by a [flight recorder](Self::flight_recorder) or by
    /// `GOSCHED_TRACE`; if the writer fails at once; if the kernel refuses a thread; or in a child process of
    /// `fork`.
    pub fn trace<W: Write + Send + 'static>(&self, writer: W) -> io::Result<Trace> {
        let started = trace::start(self.sched(), writer)?;
        Ok(Trace { started: Ours::new(started) })
    }

    /// Keeps the last of what this runtime does in memory, at most `bytes`, until the returned value is dropped
    /// or the runtime ends. Does not wait.
    ///
    /// An event takes about ten bytes. Each 10 ms in which anything happens take about 200 bytes more, and
    /// about 90 bytes more for each thread that did something. All that counts. These do not: the notes of the
    /// present 10 ms, and what a snapshot shows while it is written.
    ///
    /// # Errors
    ///
    /// If the runtime is traced already, if the kernel refuses a thread, or in a child process of `fork`.
    ///
    /// # Examples
    ///
    /// ```
    /// # // SAFETY: nothing in these goroutines knows about threads.
    /// # let rt = unsafe { gosched::Runtime::builder().start()? };
    /// let recorder = rt.flight_recorder(1 << 20)?;
    /// rt.run(|| gosched::go(|| ()).join().unwrap());
    /// let mut picture = Vec::new();
    /// recorder.snapshot(&mut picture)?; // something was too slow
    /// assert!(!picture.is_empty());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn flight_recorder(&self, bytes: usize) -> io::Result<FlightRecorder> {
        let snapshots = trace::keep(self.sched(), bytes)?;
        Ok(FlightRecorder { snapshots: Ours::new(snapshots) })
    }
}

/// A trace that is being written, made by [`Runtime::trace`].
///
/// Dropping it ends the trace and waits until it is written. That blocks the thread, and is no [switch
/// point](crate#switch-points). If the writer of the trace drops it, the trace ends when the writer returns.
#[must_use = "the trace ends when this is dropped"]
pub struct Trace {
    started: Ours<Started>,
}

/// What has a thread behind it. A child of fork has not that thread, and leaks it: a lock in it may be held.
struct Ours<T> {
    it: Option<T>,
    forks: usize,
}

impl<T> Ours<T> {
    fn new(it: T) -> Self {
        Self { it: Some(it), forks: process::forks() }
    }

    /// `None` in a child of fork.
    fn get(&self) -> Option<&T> {
        self.it.as_ref().filter(|_| self.forks == process::forks())
    }
}

impl<T> Drop for Ours<T> {
    fn drop(&mut self) {
        if self.forks != process::forks() {
            let _ = ManuallyDrop::new(self.it.take());
        }
    }
}

/// The numbers of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many events are in the trace.
    pub events: u64,
    /// How many found no room, and are not in the trace.
    pub lost: u64,
    /// How many bytes the notes of these events took, before they were written as a picture.
    pub bytes: u64,
    /// How many goroutines were started.
    pub goroutines_started: u64,
    /// How many goroutines ended. A goroutine can be joined shortly before it leaves its stack, which is noted
    /// as its end.
    pub goroutines_ended: u64,
    /// How often a thread began, or continued, to run a goroutine.
    pub runs: u64,
}

impl From<trace::Summary> for Summary {
    fn from(summary: trace::Summary) -> Self {
        let trace::Summary { events, lost, bytes, made, ended, runs } = summary;
        Self { events, lost, bytes, goroutines_started: made, goroutines_ended: ended, runs }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Trace { .. }")
    }
}

impl Trace {
    /// Ends the trace, waits until it is written, and returns its numbers.
    ///
    /// Blocks the thread, and is no [switch point](crate#switch-points). The writer is dropped.
    ///
    /// # Errors
    ///
    /// The writer's, if it failed: then the trace has ended there.
    ///
    /// If the writer of this trace calls it: then the trace ends when the writer returns.
    ///
    /// In a child process of `fork` too: the trace goes on in the process that began it.
    pub fn finish(self) -> io::Result<Summary> {
        match self.started.get() {
            Some(started) => started.end().map(Summary::from),
            None => Err(io::Error::other(
                "gosched: this process was forked from the one that is traced; finish the trace there",
            )),
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if let Some(started) = self.started.get() {
            let _ = started.end(); // an error was told on stderr, or it was finished
        }
    }
}

/// What a runtime did last, made by [`Runtime::flight_recorder`].
///
/// Dropping it ends the recording. That is no [switch point](crate#switch-points).
pub struct FlightRecorder {
    snapshots: Ours<Snapshots>,
}

impl fmt::Debug for FlightRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("FlightRecorder { .. }")
    }
}

impl FlightRecorder {
    /// Writes what the runtime did last, and returns the numbers of what was written.
    ///
    /// Recording goes on meanwhile. Once the runtime has ended, nothing is kept, and the picture is empty.
    /// Blocks the thread, and is no [switch point](crate#switch-points), unless the writer has one.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn snapshot(&self, writer: impl Write) -> io::Result<Summary> {
        let kept = self.snapshots.get().map(Snapshots::take).unwrap_or_default();
        trace::draw(&kept, writer).map(Summary::from)
    }
}

impl Drop for FlightRecorder {
    fn drop(&mut self) {
        if let Some(snapshots) = self.snapshots.get() {
            snapshots.end();
        }
    }
}

/// Begins a region of this goroutine's life, which ends when the returned value is dropped.
///
/// The goroutine may wait meanwhile. Regions may lie in each other. While nobody traces, and on an ordinary
/// thread, nothing is done. Does not wait.
#[must_use = "the region ends when this is dropped"]
pub fn region(name: &'static str) -> Region {
    say(Event::RegionBegins(name));
    Region { name, of: PhantomData }
}

/// A region of a goroutine's life, made by [`region`]. It ends when this is dropped. It cannot be sent to
/// another goroutine.
pub struct Region {
    name: &'static str,
    of: PhantomData<*const ()>,
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region").field("name", &self.name).finish()
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        say(Event::RegionEnds(self.name));
    }
}

/// Marks this moment of this goroutine's life, with a number.
///
/// While nobody traces, and on an ordinary thread, nothing is done. Does not wait.
pub fn message(text: &'static str, number: u64) {
    say(Event::Message(text, number));
}

#[inline]
fn say(event: Event<GRef>) {
    if heard::is_heard()
        && let Some(g) = g::current()
    {
        g::header(g).sched.say(|| event);
    }
}
