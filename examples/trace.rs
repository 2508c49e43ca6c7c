//! Traces a program, and says what that costs.
//!
//! ```text
//! cargo run --release --example trace -- trace.json 200000
//! ```
//!
//! runs four rings of goroutines that pass so many messages on, first untraced, then traced into that file.
//! Open it in <https://ui.perfetto.dev> or in `chrome://tracing`.

#![allow(clippy::print_stdout, reason = "printing is what an example does")]
#![allow(clippy::cast_precision_loss, reason = "numbers for people")]

use std::error::Error;
use std::fs::File;
use std::time::{Duration, Instant};

use gosched::chan::bounded;
use gosched::{Runtime, go, trace};

const RINGS: usize = 4;
const MEMBERS: usize = 8;

/// A ring whose members pass a number on until it is zero.
fn ring(messages: u64) {
    let _region = trace::region("ring");
    let (first, mut from) = bounded(1);
    let mut members = Vec::new();
    for _ in 1..MEMBERS {
        let (tx, rx) = bounded(1);
        let from = std::mem::replace(&mut from, rx);
        members.push(go(move || from.iter().try_for_each(|n: u64| tx.send(n))));
    }
    for n in (0..messages / MEMBERS as u64).rev() {
        first.send(n).expect("the ring is closed at its end only");
        assert_eq!(from.recv(), Ok(n));
    }
    trace::message("messages", messages);
    drop(first);
    members.into_iter().for_each(|member| _ = member.join().expect("it returns"));
}

fn run(rt: &Runtime, messages: u64) -> Duration {
    let start = Instant::now();
    rt.run(move || {
        let rings = (0..RINGS).map(|_| go(move || ring(messages / RINGS as u64)));
        let rings: Vec<_> = rings.collect();
        rings.into_iter().for_each(|ring| ring.join().expect("it returns"));
    });
    start.elapsed()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().unwrap_or_else(|| String::from("trace.json"));
    let messages = args.next().map_or(Ok(10_000), |n| n.parse())?;
    // SAFETY: nothing in these goroutines knows about threads.
    let rt = unsafe { Runtime::builder().start()? };
    let untraced = run(&rt, messages);
    let trace = rt.trace(File::create(&path)?)?;
    let traced = run(&rt, messages);
    let start = Instant::now();
    let summary = trace.finish()?;
    let bytes = std::fs::metadata(&path)?.len();
    println!(
        "untraced {untraced:?}, traced {traced:?}, the rest of the file {:?}",
        start.elapsed()
    );
    println!("{summary:?}, {bytes} bytes in {path}");
    let more = traced.saturating_sub(untraced).as_nanos() as f64;
    let events = (summary.events + summary.lost).max(1) as f64;
    println!(
        "{:.0} ns more and {:.1} bytes of notes for each event",
        more / events,
        summary.bytes as f64 / summary.events.max(1) as f64
    );
    Ok(())
}
