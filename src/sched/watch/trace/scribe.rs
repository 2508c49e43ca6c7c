//! The scribe: the thread that takes the notes of a traced scheduler away, a hundred times a second, and
//! writes or keeps them.

use std::collections::VecDeque;
use std::io::{self, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::collect;
use super::merge::Merger;
use super::picture::{Picture, Summary};
use crate::facade::heard::Hearer;
use crate::facade::mail::{Receiver, RecvTimeoutError, Sender, channel};
use crate::facade::now_ns;
use crate::facade::process::GONE;
use crate::facade::thread::{self, JoinHandle, Signals};
use crate::machine::signal;
use crate::proto::asleep;
use crate::sched::gmp::schedt::{Sched, SchedRef};
use crate::sched::gmp::tracing::{Command, Kept, Running};

/// How often it takes the notes away.
const PERIOD: Duration = Duration::from_millis(10);
/// What a generation that is kept takes beside its bytes.
const OVERHEAD: usize = 256;

/// What came of a trace.
type Outcome = io::Result<Summary>;

/// A trace that has begun.
pub(crate) struct Started {
    commands: Sender<Command>,
    outcome: Receiver<Outcome>,
}

/// A recorder that has begun.
pub(crate) struct Snapshots(Started);

impl Started {
    /// Ends the trace, and waits for it.
    ///
    /// # Errors
    ///
    /// The writer's, if it had one.
    pub(crate) fn end(&self) -> Outcome {
        // It has ended already, if nobody is there.
        let _ = self.commands.send(Command::End);
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

/// What is done with the notes.
trait Sink {
    /// Takes those of a generation. Says whether nothing happened, and nothing is left to be written.
    fn take(&mut self, kept: Kept) -> io::Result<bool>;

    /// What is kept.
    fn show(&self) -> Vec<Arc<Kept>> {
        Vec::new()
    }

    fn end(self: Box<Self>) -> Outcome;
}

/// Writes them.
struct Writes<W: Write> {
    picture: Picture<BufWriter<W>>,
    merger: Merger,
}

impl<W: Write> Sink for Writes<W> {
    fn take(&mut self, kept: Kept) -> io::Result<bool> {
        let heard = self.merger.merge(&kept);
        self.picture.draw(&heard, bytes(&kept))?;
        if let Some(counts) = kept.counts {
            self.picture.count(kept.until_ns, counts)?;
        }
        let is_quiet = heard.is_empty() && self.merger.is_empty();
        if is_quiet {
            self.picture.flush()?;
        }
        Ok(is_quiet)
    }

    fn end(self: Box<Self>) -> Outcome {
        self.picture.end()
    }
}

/// Keeps the last of them.
struct Keeps {
    kept: VecDeque<Arc<Kept>>,
    bytes: usize,
    most: usize,
}

fn bytes(kept: &Kept) -> usize {
    kept.tapes.iter().map(|(_, tape)| tape.len()).sum()
}

impl Sink for Keeps {
    fn take(&mut self, kept: Kept) -> io::Result<bool> {
        if kept.tapes.is_empty() {
            return Ok(true);
        }
        self.bytes += OVERHEAD + bytes(&kept);
        self.kept.push_back(Arc::new(kept));
        while self.bytes > self.most
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= OVERHEAD + bytes(&oldest);
        }
        Ok(false)
    }

    fn show(&self) -> Vec<Arc<Kept>> {
        self.kept.iter().cloned().collect()
    }

    fn end(self: Box<Self>) -> Outcome {
        Ok(Summary::default())
    }
}

/// Writes what was kept.
///
/// # Errors
///
/// The writer's.
pub(crate) fn draw(kept: &[Arc<Kept>], out: impl Write) -> Outcome {
    let began_ns = kept.first().map_or_else(now_ns, |first| first.began_ns());
    let picture = Picture::begin(BufWriter::new(out), began_ns)?;
    let mut writes = Box::new(Writes { picture, merger: Merger::default() });
    for kept in kept {
        let heard = writes.merger.merge(kept);
        writes.picture.draw(&heard, bytes(kept))?;
    }
    writes.take(Kept::default())?;
    writes.end()
}

/// Begins to trace a scheduler.
///
/// # Errors
///
/// The writer's, or if the scheduler is traced already, or there is no thread.
pub(crate) fn start(sched: SchedRef, out: impl Write + Send + 'static) -> io::Result<Started> {
    begin(sched, || {
        let picture = Picture::begin(BufWriter::with_capacity(1 << 16, out), now_ns())?;
        Ok(Box::new(Writes { picture, merger: Merger::default() }))
    })
}

/// Begins to keep what a scheduler does: the last of it, so many bytes.
///
/// # Errors
///
/// If the scheduler is traced already, or there is no thread.
pub(crate) fn keep(sched: SchedRef, most: usize) -> io::Result<Snapshots> {
    let keeps = Keeps { kept: VecDeque::new(), bytes: 0, most };
    begin(sched, || Ok(Box::new(keeps))).map(Snapshots)
}

fn begin(
    sched: SchedRef,
    sink: impl FnOnce() -> io::Result<Box<dyn Sink + Send>>,
) -> io::Result<Started> {
    if sched.is_gone() {
        return Err(io::Error::other(format!("gosched: {GONE}"))); // a thread there may have the seat
    }
    sched.tracing.seat.with(|seat| {
        if seat.is_taken {
            return Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "gosched: this runtime is traced already, by a trace, a flight recorder or GOSCHED_TRACE; end that first",
            ));
        }
        if let Some(last) = seat.running.take() {
            last.thread.join(); // it has ended its trace, and does nothing more
        }
        let (running, started) = spawn(sched, sink()?)?;
        seat.is_taken = true;
        seat.running = Some(running);
        Ok(started)
    })
}

fn spawn(sched: SchedRef, sink: Box<dyn Sink + Send>) -> io::Result<(Running, Started)> {
    let (commands, orders) = channel();
    let (tell, outcome) = channel();
    let hearer = Hearer::new();
    collect::open(&sched);
    let name = format!("{}-trace", sched.config.thread_name);
    let thread = thread::spawn(name, Signals::faults_only(), move || {
        let outcome = scribe(&sched, hearer, sink, &orders);
        sched.tracing.seat.with(|seat| seat.is_taken = false);
        let _ = tell.send(outcome); // nobody asks, if it was not the user who ends it
    });
    match thread {
        Ok(thread) => {
            let running = Running { commands: commands.clone(), thread };
            Ok((running, Started { commands, outcome }))
        }
        Err(error) => {
            drop(collect::close(&sched));
            Err(error)
        }
    }
}

/// The life of the thread.
fn scribe(
    sched: &Sched,
    hearer: Hearer,
    mut sink: Box<dyn Sink + Send>,
    orders: &Receiver<Command>,
) -> Outcome {
    let served = contained(|| serve(sched, &mut *sink, orders));
    let last = collect::close(sched);
    drop(hearer);
    let outcome = contained(|| {
        served?;
        sink.take(last)?;
        sink.end()
    });
    if let Err(error) = &outcome {
        let line = format!("gosched: a trace ends, because it cannot be written: {error}\n");
        signal::write_stderr(line.as_bytes());
    }
    outcome
}

/// Until it is to end.
fn serve(sched: &Sched, sink: &mut dyn Sink, orders: &Receiver<Command>) -> io::Result<()> {
    let mut is_quiet = false;
    loop {
        let order = nap(orders, is_quiet);
        if matches!(order, Ok(Command::End) | Err(RecvTimeoutError::Disconnected)) {
            return Ok(());
        }
        is_quiet = sink.take(collect::turn(sched))?;
        if let Ok(Command::Send(reply)) = order {
            let _ = reply.send(sink.show()); // who asked may be gone
        }
    }
}

/// Waits for an order, or until it is time. While nothing happens it counts as asleep: then it has nothing to
/// write, so nobody can wait for that, and who gives an order is awake.
fn nap(orders: &Receiver<Command>, is_quiet: bool) -> Result<Command, RecvTimeoutError> {
    if is_quiet {
        asleep::threads().count_in();
    }
    let order = orders.recv_timeout(PERIOD);
    if is_quiet {
        asleep::threads().count_out();
    }
    order
}

/// Runs code of the writer's; a panic there is an error.
fn contained<R>(f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        let _ = core::mem::ManuallyDrop::new(payload); // it may panic as well
        Err(io::Error::other("the writer panicked"))
    })
}

/// The runtime ends: so does its trace. Returns the thread that is to be waited for.
pub(crate) fn end(sched: &Sched) -> Option<JoinHandle> {
    let running = sched.tracing.seat.with(|seat| seat.running.take())?;
    let _ = running.commands.send(Command::End); // it may have ended
    Some(running.thread)
}
