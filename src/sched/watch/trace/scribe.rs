//! The scribe: the thread that takes the notes of a traced scheduler away, a hundred times a second, and
//! writes or keeps them.

use std::fs::File;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::collect;
use super::seat::Taken;
use super::sink::{Keeps, Outcome, Sink, Writes};
use crate::facade::heard::Hearer;
use crate::facade::mail::{Myself, Receiver, RecvTimeoutError, Sender, channel};
use crate::facade::process::GONE;
use crate::facade::thread::{self, JoinHandle, Signals};
use crate::machine::signal;
use crate::proto::asleep;
use crate::sched::gmp::marks;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::gmp::tracing::{Command, Kept, Running};

/// How often it takes the notes away.
const PERIOD: Duration = Duration::from_millis(10);

/// Whom the thread may wake by what it does with the notes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wakes {
    /// Nobody who counts as asleep: no code of the user's runs on it.
    Nobody,
    /// Anybody: a user's writer may send to a channel.
    Anybody,
}

/// A trace that has begun.
pub(crate) struct Started {
    commands: Sender<Command>,
    outcome: Receiver<Outcome>,
    scribe: Myself,
}

/// A recorder that has begun.
pub(crate) struct Snapshots(Started);

impl Started {
    /// Ends the trace, and waits for it, except on its own thread.
    ///
    /// # Errors
    ///
    /// The writer's, if it had one; or on the thread of the writer.
    pub(crate) fn end(&self) -> Outcome {
        // It has ended already, if nobody is there.
        let _ = self.commands.send(Command::End);
        if self.scribe.is_here() {
            return Err(io::Error::other(
                "gosched: a trace was finished by its own writer, which would wait for itself; it ends when \
                 the writer returns",
            ));
        }
        self.outcome.recv().unwrap_or_else(|_| Err(io::Error::other("the trace was ended before")))
    }
}

impl Snapshots {
    /// What is kept now: nothing once the runtime has ended.
    pub(crate) fn take(&self) -> Vec<Arc<Kept>> {
        let (reply, kept) = channel();
        // Nobody is there once the runtime has ended.
        let _ = self.0.commands.send(Command::Send(reply));
        kept.recv().unwrap_or_default()
    }

    pub(crate) fn end(&self) {
        let _ = self.0.end(); // nothing was written
    }
}

/// Begins to trace a scheduler, with a user's writer.
///
/// # Errors
///
/// The writer's, or if the scheduler is traced already, or there is no thread.
pub(crate) fn start(sched: SchedRef, out: impl Write + Send + 'static) -> io::Result<Started> {
    begin(sched, Wakes::Anybody, || Ok(Box::new(Writes::begin(out)?)))
}

/// Begins to trace a scheduler into a file, until its end.
///
/// # Errors
///
/// The file's, or if the scheduler is traced already, or there is no thread.
pub(super) fn start_file(sched: SchedRef, file: File) -> io::Result<()> {
    begin(sched, Wakes::Nobody, || Ok(Box::new(Writes::begin(file)?))).map(drop)
}

/// Begins to keep what a scheduler does: the last of it, so many bytes.
///
/// # Errors
///
/// If the scheduler is traced already, or there is no thread.
pub(crate) fn keep(sched: SchedRef, most: usize) -> io::Result<Snapshots> {
    begin(sched, Wakes::Nobody, || Ok(Box::new(Keeps::new(most)))).map(Snapshots)
}

type AnySink = Box<dyn Sink + Send>;

/// A sink may be the user's: it is made, and dropped where there is no trace, with no lock held.
fn begin(
    sched: SchedRef,
    wakes: Wakes,
    sink: impl FnOnce() -> io::Result<AnySink>,
) -> io::Result<Started> {
    if sched.is_gone() {
        return Err(io::Error::other(format!("gosched: {GONE}"))); // a thread there may have the seat
    }
    let seat = Taken::take(sched)?;
    let sink = sink()?;
    spawn(sched, wakes, seat, sink)
}

/// The thread gets the sink when it is there: so a sink that gets no thread is dropped here.
fn spawn(sched: SchedRef, wakes: Wakes, seat: Taken, sink: AnySink) -> io::Result<Started> {
    let (commands, orders) = channel();
    let (tell, outcome) = channel();
    let (hand, handed) = channel::<(AnySink, Taken)>();
    let scribe = Myself::default();
    let here = scribe.clone();
    let hearer = Hearer::new();
    collect::open(&sched);
    let name = format!("{}-trace", sched.config.thread_name);
    let thread = thread::spawn(name, Signals::faults_only(), move || {
        here.begin();
        let Ok((sink, seat)) = handed.recv() else { return };
        let outcome = marked(sched, wakes, || life(&sched, hearer, sink, &orders));
        drop(seat);
        // Nobody asks, if it was not the user who ends it: then the writer's error is dropped.
        caught(|| drop(tell.send(outcome)));
    });
    let thread = thread.inspect_err(|_| drop(collect::close(&sched)))?;
    seat.keep(Running { commands: commands.clone(), thread, scribe: scribe.clone() });
    let _ = hand.send((sink, seat)); // it waits for that
    Ok(Started { commands, outcome, scribe })
}

/// Marks the thread for as long as a sink is used on it.
///
/// One that wakes nobody who is counted counts as asleep meanwhile, and hides no deadlock. Any other never does.
fn marked<R>(sched: SchedRef, wakes: Wakes, f: impl FnOnce() -> R) -> R {
    marks::begin_helper(sched);
    if wakes == Wakes::Nobody {
        asleep::threads().count_in();
    }
    let answer = f();
    if wakes == Wakes::Nobody {
        asleep::threads().count_out();
    }
    marks::end_helper();
    answer
}

/// The life of the thread.
fn life(sched: &Sched, hearer: Hearer, mut sink: AnySink, orders: &Receiver<Command>) -> Outcome {
    let served = contained(|| serve(sched, &mut *sink, orders));
    let last = collect::close(sched);
    drop(hearer);
    let outcome = contained(|| {
        served?;
        sink.take(last)?;
        sink.end()
    });
    if let Err(error) = &outcome {
        caught(|| complain(error));
    }
    outcome
}

fn complain(error: &io::Error) {
    let line = format!("gosched: a trace ends, because it cannot be written: {error}\n");
    signal::write_stderr(line.as_bytes());
}

/// Until it is to end.
fn serve(sched: &Sched, sink: &mut dyn Sink, orders: &Receiver<Command>) -> io::Result<()> {
    loop {
        let order = orders.recv_timeout(PERIOD);
        if matches!(order, Ok(Command::End) | Err(RecvTimeoutError::Disconnected)) {
            return Ok(());
        }
        sink.take(collect::turn(sched))?;
        if let Ok(Command::Send(reply)) = order {
            let _ = reply.send(sink.show()); // who asked may be gone
        }
    }
}

/// Runs code of the writer's; a panic there is an error.
fn contained<R>(f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    caught(f).unwrap_or_else(|| Err(io::Error::other("the writer panicked")))
}

/// Runs code of the writer's, or of its error's; nothing if it panics.
fn caught<R>(f: impl FnOnce() -> R) -> Option<R> {
    let caught = catch_unwind(AssertUnwindSafe(f));
    // The payload may panic as well, when it is dropped.
    caught.map_err(core::mem::ManuallyDrop::new).ok()
}

/// The runtime ends: so does its trace. Returns the thread that is to be waited for.
pub(crate) fn end(sched: &Sched) -> Option<JoinHandle> {
    let running = sched.tracing.seat.with(|seat| seat.running.take())?;
    let _ = running.commands.send(Command::End); // it may have ended
    Some(running.thread)
}
