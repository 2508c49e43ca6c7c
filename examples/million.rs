//! A million goroutines that wait at once: what each costs, and that all of them go on.
//!
//! Usage: `cargo run --release --example million -- [COUNT]`

#![allow(clippy::print_stdout, reason = "printing is what an example does")]

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use gosched::chan::unbounded;
use gosched::sync::WaitGroup;
use gosched::{Runtime, try_go};

/// The memory of this process that is resident, in bytes.
fn resident() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

fn per_each(total: f64, count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for reading only")]
    let count = count as f64;
    total / count
}

/// Starts, counts, releases and joins; the error says why there are fewer.
fn park_and_release(count: u64) -> Result<(), String> {
    let (release, released) = unbounded::<()>();
    let arrived = WaitGroup::new();
    let before = resident();
    let began = Instant::now();
    let mut handles = Vec::new();
    for i in 0..count {
        let (released, here) = (released.clone(), arrived.clone());
        arrived.add(1);
        let started = try_go(move || {
            here.done();
            released.recv().is_err()
        });
        match started {
            Ok(handle) => handles.push(handle),
            Err(error) => return Err(format!("goroutine {i} could not be started: {error}")),
        }
    }
    arrived.wait();
    let took = began.elapsed();
    println!("{} goroutines wait", gosched::num_goroutines() - 1);
    println!("{:.0} ns to create each", per_each(took.as_secs_f64() * 1e9, count));
    if let (Some(before), Some(after)) = (before, resident()) {
        #[expect(clippy::cast_precision_loss, reason = "for reading only")]
        let grown = after.saturating_sub(before) as f64;
        println!("{:.0} bytes resident for each", per_each(grown, count));
    }
    let began = Instant::now();
    drop(release);
    let ended = handles.into_iter().filter_map(|handle| handle.join().ok()).filter(|&ok| ok);
    println!("{} released and joined", ended.count());
    println!("{:.0} ns to release each", per_each(began.elapsed().as_secs_f64() * 1e9, count));
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = match arguments.as_slice() {
        [] => Some(1_000_000),
        [count] => count.parse().ok().filter(|&count| count > 0),
        _ => None,
    };
    let Some(count) = count else {
        eprintln!("million: say how many goroutines you want, at least 1: million [COUNT]");
        return ExitCode::from(2);
    };
    // SAFETY: these goroutines know nothing about threads.
    let runtime = match unsafe { Runtime::builder().stack_size(64 * 1024).start() } {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("million: cannot start the goroutines' runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.run(move || park_and_release(count)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("million: {error}");
            ExitCode::FAILURE
        }
    }
}
