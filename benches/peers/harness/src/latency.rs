//! The programs about waiting: what one task waits while others keep their threads, what a call of
//! the runtime costs, and how long it takes to stop the world. `go/latency/main.go` says the same in
//! Go, where every constant here has its twin.
//!
//! ```text
//! prog CASE MARK PROCS SECONDS   ->   key=value...
//! ```
//!
//! Times are in nanoseconds; `inf` is what never came.

use std::hint::black_box;
use std::io::{Read, Write, pipe};
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use crate::{UNSUPPORTED, USAGE_ERROR, Unsupported, calibrate, end_in_one_line};

/// Between two messages.
const PERIOD: Duration = Duration::from_millis(1);
/// How long a burst computes before it yields.
const BURST: Duration = Duration::from_millis(30);
/// Tasks that read, each its own pipe.
const READERS: usize = 4;
/// Between two writes to a pipe.
const WRITE_PERIOD: Duration = Duration::from_millis(50);
/// How many times the world is stopped.
const PAUSES: usize = 1_000;
/// Or fewer, if that takes longer.
const PAUSES_TIME: Duration = Duration::from_secs(20);
/// How long is waited for tasks to begin.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long is waited for messages after the last was sent.
const GRACE: Duration = Duration::from_secs(1);
/// A program that has not ended by then, beyond the time that it measures, ends itself.
const LIMIT: Duration = Duration::from_secs(40);
/// How long one kind of call is repeated.
const CALLS: Duration = Duration::from_millis(200);

const TIMED_OUT: i32 = 4;

/// What the others do.
#[derive(Clone, Copy)]
enum Beside {
    /// Nothing.
    Quiet,
    /// One for each processor: computes for ever.
    Hogs,
    /// One for each processor: computes for a while, then yields.
    Bursts,
    /// Each waits in `read(2)`, then yields.
    Reads,
}

/// What is measured.
#[derive(Clone, Copy)]
enum Case {
    Waits(Beside),
    Calls,
    Pauses(Beside),
}

/// How a task tells its runtime that it will keep its thread.
#[derive(Clone, Copy)]
pub enum Mark {
    /// It does not.
    Plain,
    /// As the runtime's documents advise.
    Blocking,
    /// On the task's own thread, where that is another way.
    InPlace,
}

/// What a task does again and again.
pub type Step = Box<dyn FnMut() + Send>;

/// When a message was to be sent, and when it was.
#[derive(Clone, Copy)]
pub struct Stamp {
    due: Instant,
    sent: Instant,
}

/// A runtime, already started.
pub trait Peer {
    /// Starts a task that receives from a channel with so much room. Returns what an ordinary thread
    /// sends with.
    fn receiver(
        &self,
        room: usize,
        received: impl FnMut(Stamp) + Send + 'static,
    ) -> impl FnMut(Stamp);

    /// Starts a task that takes one step after the other and yields in between.
    fn task(&self, mark: Mark, step: Step) -> Result<(), Unsupported>;

    /// What calls of the runtime cost, by name.
    fn calls(&self) -> Vec<(&'static str, f64)>;

    /// Stops the world and starts it again; returns when it stood still.
    fn pause(&self) -> Result<Instant, Unsupported>;
}

type Numbers = Vec<(String, f64)>;

struct Args {
    case: Case,
    mark: Mark,
    procs: usize,
    seconds: u64,
}

/// Reads the command line, starts the runtime with `start(procs)`, measures, prints, and ends the
/// process with all that still computes in it.
pub fn main<P: Peer>(start: impl FnOnce(usize) -> P) -> ! {
    let Some(args) = parse(std::env::args().skip(1)) else {
        eprintln!("usage: CASE MARK PROCS SECONDS");
        exit(USAGE_ERROR);
    };
    std::panic::set_hook(Box::new(end_in_one_line));
    let limit = LIMIT + Duration::from_secs(args.seconds);
    spawn(move || {
        sleep(limit);
        eprintln!("not ready after {} s", limit.as_secs());
        exit(TIMED_OUT);
    });
    match measure(&start(args.procs), &args) {
        Ok(numbers) => {
            let words: Vec<_> = numbers.iter().map(|(key, ns)| format!("{key}={ns:.2}")).collect();
            println!("{}", words.join(" "));
            exit(0)
        }
        Err(why) => {
            eprintln!("{why}");
            exit(UNSUPPORTED)
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Option<Args> {
    let case = match args.next()?.as_str() {
        "quiet" => Case::Waits(Beside::Quiet),
        "hogs" => Case::Waits(Beside::Hogs),
        "bursts" => Case::Waits(Beside::Bursts),
        "reads" => Case::Waits(Beside::Reads),
        "calls" => Case::Calls,
        "pauses_quiet" => Case::Pauses(Beside::Quiet),
        "pauses_hogs" => Case::Pauses(Beside::Hogs),
        _ => return None,
    };
    let mark = match args.next()?.as_str() {
        "plain" => Mark::Plain,
        "blocking" => Mark::Blocking,
        "in_place" => Mark::InPlace,
        _ => return None,
    };
    let procs = args.next()?.parse().ok().filter(|&procs| procs > 0)?;
    let seconds = args.next()?.parse().ok().filter(|&seconds| seconds > 0)?;
    args.next().is_none().then_some(Args { case, mark, procs, seconds })
}

fn measure<P: Peer>(peer: &P, args: &Args) -> Result<Numbers, Unsupported> {
    match args.case {
        Case::Waits(beside) => waits(peer, beside, args),
        Case::Calls => Ok(peer.calls().into_iter().map(|(key, ns)| (key.into(), ns)).collect()),
        Case::Pauses(beside) => pauses(peer, beside, args),
    }
}

/// What a message waits, from when it was sent, and from when it was due.
fn waits<P: Peer>(peer: &P, beside: Beside, args: &Args) -> Result<Numbers, Unsupported> {
    let total = (args.seconds * 1_000) as usize;
    let (from_sent, from_due) = (Times::new(total), Times::new(total));
    let mut send = peer.receiver(total, {
        let (from_sent, from_due) = (from_sent.clone(), from_due.clone());
        move |stamp| {
            let now = Instant::now();
            from_sent.add(now - stamp.sent);
            from_due.add(now - stamp.due);
        }
    });
    let now = Instant::now();
    send(Stamp { due: now, sent: now });
    wait_until(PATIENCE, || from_due.clear() > 0);
    from_sent.clear();
    occupy(peer, beside, args)?;
    let start = Instant::now();
    for i in 1..=total {
        let due = start + PERIOD * i as u32;
        sleep(due.saturating_duration_since(Instant::now()));
        send(Stamp { due, sent: Instant::now() });
    }
    wait_until(GRACE, || from_due.len() == total);
    let mut numbers = vec![("total".into(), total as f64), ("count".into(), from_due.len() as f64)];
    numbers.extend(from_sent.summary("sent", total));
    numbers.extend(from_due.summary("due", total));
    Ok(numbers)
}

/// How long the world takes to stop, and the whole call.
fn pauses<P: Peer>(peer: &P, beside: Beside, args: &Args) -> Result<Numbers, Unsupported> {
    let (stop, call) = (Times::new(PAUSES), Times::new(PAUSES));
    peer.pause()?;
    occupy(peer, beside, args)?;
    let start = Instant::now();
    while call.len() < PAUSES && start.elapsed() < PAUSES_TIME {
        sleep(PERIOD);
        let asked = Instant::now();
        let stopped = peer.pause()?;
        call.add(asked.elapsed());
        stop.add(stopped - asked);
    }
    let mut numbers = vec![("total".into(), PAUSES as f64), ("count".into(), call.len() as f64)];
    numbers.extend(stop.summary("stop", stop.len()));
    numbers.extend(call.summary("call", call.len()));
    Ok(numbers)
}

/// Starts what goes on beside, and waits until it has the processors.
fn occupy<P: Peer>(peer: &P, beside: Beside, args: &Args) -> Result<(), Unsupported> {
    let steps: Vec<Step> = match beside {
        Beside::Quiet => Vec::new(),
        Beside::Hogs => (0..args.procs).map(|_| Box::new(hog) as Step).collect(),
        Beside::Bursts => (0..args.procs).map(|_| Box::new(burst) as Step).collect(),
        Beside::Reads => readers(),
    };
    let busy = steps.len().min(args.procs);
    let begun = Arc::new(AtomicUsize::new(0));
    for mut step in steps {
        let mut mine = Some(begun.clone());
        let first_counts = move || {
            if let Some(begun) = mine.take() {
                begun.fetch_add(1, Relaxed);
            }
            step();
        };
        peer.task(args.mark, Box::new(first_counts))?;
    }
    wait_until(PATIENCE, || begun.load(Relaxed) >= busy);
    Ok(())
}

fn hog() {
    let mut x = 1;
    loop {
        x = compute(x);
    }
}

fn burst() {
    let start = Instant::now();
    let mut x = 1;
    while start.elapsed() < BURST {
        x = compute(x);
    }
}

fn compute(mut x: u64) -> u64 {
    for _ in 0..1_000 {
        x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
    x
}

/// Steps that read a byte each, and a thread that writes now and then.
fn readers() -> Vec<Step> {
    let (readers, mut writers): (Vec<_>, Vec<_>) =
        (0..READERS).map(|_| pipe().expect("a pipe")).unzip();
    spawn(move || {
        loop {
            sleep(WRITE_PERIOD);
            for writer in &mut writers {
                writer.write_all(&[1]).expect("the pipe has room");
            }
        }
    });
    let step = |mut reader: std::io::PipeReader| -> Step {
        Box::new(move || reader.read_exact(&mut [0]).expect("a byte comes"))
    };
    readers.into_iter().map(step).collect()
}

fn wait_until(patience: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() && start.elapsed() < patience {
        sleep(PERIOD);
    }
}

/// Times as they are taken, from any thread.
#[derive(Clone)]
struct Times(Arc<Mutex<Vec<Duration>>>);

impl Times {
    fn new(room: usize) -> Self {
        Self(Arc::new(Mutex::new(Vec::with_capacity(room))))
    }

    fn with<R>(&self, f: impl FnOnce(&mut Vec<Duration>) -> R) -> R {
        f(&mut self.0.lock().expect("nobody panics with it"))
    }

    fn add(&self, time: Duration) {
        self.with(|times| times.push(time));
    }

    fn len(&self) -> usize {
        self.with(|times| times.len())
    }

    /// Forgets all; returns how many there were.
    fn clear(&self) -> usize {
        self.with(|times| times.drain(..).count())
    }

    /// Percentiles over `total` times, of which those that are missing never came.
    fn summary(&self, name: &str, total: usize) -> Numbers {
        let mut times = self.with(std::mem::take);
        times.sort_unstable();
        let at = |part: f64| {
            let nearest_rank = (total as f64 * part).ceil().max(1.0) as usize;
            times.get(nearest_rank - 1).map_or(f64::INFINITY, |time| time.as_nanos() as f64)
        };
        let parts = [("median", 0.5), ("p99", 0.99), ("worst", 1.0)];
        parts.map(|(key, part)| (format!("{name}_{key}"), at(part))).into()
    }
}

/// What one call costs, where `run(n)` says how long `n` calls take.
pub fn ns_per_call(mut run: impl FnMut(u64) -> Duration) -> f64 {
    let Ok(n) = calibrate::<()>(1_000, CALLS, |n| Ok(run(n))) else { unreachable!() };
    run(n).as_secs_f64() * 1e9 / n as f64
}

/// How long `n` calls take.
pub fn time<T>(n: u64, mut call: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        black_box(call());
    }
    start.elapsed()
}

/// The system call that does least.
pub fn getpid() -> i64 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::syscall(libc::SYS_getpid) }
}
