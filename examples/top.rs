//! A table of what a program's goroutines do, grouped by where they were started.
//!
//! ```text
//! cargo run --release --example top          # for five seconds
//! cargo run --release --example top -- 60    # for a minute
//! ```
//!
//! On a terminal the table refreshes. Otherwise three tables are written, one after the other. The goroutines are
//! of the program itself: some compute, some wait for channels, some sleep, and some block their threads.

#![allow(
    clippy::disallowed_methods,
    reason = "an example has threads of its own, and some that block"
)]

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use gosched::chan::bounded;
use gosched::context::Context;
use gosched::sync::WaitGroup;
use gosched::{GoroutineInfo, GoroutineState, Runtime, blocking, time, yield_now};

/// Some dozens of goroutines, until the context is cancelled.
fn work(context: &Context, group: &WaitGroup) {
    let (jobs, queue) = bounded(4);
    for _ in 0..24 {
        let queue = queue.clone();
        group.go(move || {
            for n in &queue {
                longest(n);
            }
        });
    }
    let until_over = |step: fn(u64)| {
        let context = context.clone();
        move || {
            let mut n = 0;
            while context.error().is_none() {
                step(n);
                n += 1;
            }
        }
    };
    for _ in 0..3 {
        group.go(until_over(compute));
    }
    for _ in 0..16 {
        group.go(until_over(|n| time::sleep(Duration::from_millis(50 + n % 50))));
    }
    for _ in 0..4 {
        group.go(until_over(block));
    }
    for _ in 0..8 {
        let context = context.clone();
        group.go(move || context.done().recv());
    }
    let context = context.clone();
    group.go(move || {
        while context.error().is_none() {
            // Fails only if all receivers are gone.
            let _ = jobs.send(10);
            time::sleep(Duration::from_micros(200));
        }
    });
}

fn compute(_: u64) {
    longest(2_000);
    yield_now();
}

/// Stands for a call into the kernel or into a C library.
fn block(_: u64) {
    blocking(|| thread::sleep(Duration::from_millis(150)));
}

/// Something to compute: which number below a bound takes the most of Collatz's steps until 1.
fn longest(below: u64) -> Option<u64> {
    let steps = |n| {
        let next = |&n: &u64| Some(if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 });
        std::iter::successors(Some(n), next).take_while(|&n| n > 1).count()
    };
    (1..below).max_by_key(|&n| steps(n))
}

/// What the goroutines of a row have in common.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    started_at: String,
    does: String,
}

impl Kind {
    fn of(g: &GoroutineInfo) -> Self {
        let what = g.waits_for().map_or_else(|| state(g.state()), |(what, _)| what);
        let at = g.waits_at().map(|at| format!(", at {at}")).unwrap_or_default();
        Self { started_at: g.started_at().to_string(), does: format!("{what}{at}") }
    }
}

fn state(state: GoroutineState) -> &'static str {
    #[expect(clippy::wildcard_enum_match_arm, reason = "there may be more of them one day")]
    match state {
        GoroutineState::Runnable => "is ready to run",
        GoroutineState::Running => "runs",
        GoroutineState::Blocking => "blocks its thread",
        _ => "is held back, or waits",
    }
}

/// A row: how many they are, and for how long the one waits that waits longest.
#[derive(Default)]
struct Row {
    count: usize,
    longest: Option<Duration>,
}

/// The table as it is now.
fn table(rt: &Runtime) -> String {
    let (stats, dump) = (rt.stats(), rt.dump());
    let mut rows: HashMap<Kind, Row> = HashMap::new();
    let mut queued = 0;
    for g in dump.goroutines() {
        queued += usize::from(g.state() == GoroutineState::Runnable);
        let row = rows.entry(Kind::of(g)).or_default();
        row.count += 1;
        row.longest = row.longest.max(g.waits_for().map(|(_, time)| time));
    }
    let mut rows: Vec<(Kind, Row)> = rows.into_iter().collect();
    rows.sort_by(|(a, x), (b, y)| {
        y.count.cmp(&x.count).then_with(|| (&a.started_at, &a.does).cmp(&(&b.started_at, &b.does)))
    });
    let busy = stats.procs.saturating_sub(stats.procs_idle);
    let mut text = format!("{busy} of {} processors busy, ", stats.procs);
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "{} threads ({} without a processor), ",
        stats.threads, stats.threads_without_proc
    );
    let _ = writeln!(text, "{} goroutines ({queued} queued)\n", dump.goroutines().len());
    text += "COUNT  LONGEST  STARTED AT              WHAT THEY DO\n";
    for (kind, row) in rows {
        let longest = row.longest.map(|time| format!("{:.1} s", time.as_secs_f64()));
        let longest = longest.unwrap_or_default();
        let Kind { started_at, does } = kind;
        let _ = writeln!(text, "{:>5}  {longest:>7}  {started_at:<22}  {does}", row.count);
    }
    text
}

/// Shows the table for so long: again and again on a terminal, else three times.
fn show(rt: &Runtime, time: Duration) -> io::Result<()> {
    let mut out = io::stdout();
    let is_terminal = out.is_terminal();
    let pause = if is_terminal { Duration::from_millis(250) } else { time / 3 };
    let end = Instant::now() + time;
    while Instant::now() + pause / 2 < end {
        thread::sleep(pause);
        // To the upper left, and nothing of the last table stays: neither beside a line nor below.
        let text = table(rt);
        if is_terminal {
            let text = text.replace('\n', "\x1b[K\n");
            write!(out, "\x1b[H{text}\x1b[J")?;
        } else {
            writeln!(out, "{text}")?;
        }
        out.flush()?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(5), |seconds| seconds.parse())?;
    // SAFETY: nothing in these goroutines knows about threads.
    let rt = unsafe { Runtime::builder().start()? };
    let context = Context::new();
    let group = WaitGroup::new();
    let workers = group.clone();
    let all = context.clone();
    rt.run(move || work(&all, &workers));
    let shown = show(&rt, Duration::from_secs(seconds));
    context.cancel();
    group.wait();
    shown?;
    Ok(())
}
