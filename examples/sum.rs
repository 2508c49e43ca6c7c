//! The sum of a large range of numbers, by fork and join: each goroutine halves its part, gives one
//! half to another goroutine, and adds up a part that is small enough itself.
//!
//! Usage: `cargo run --release --example sum -- [LAST]`

#![allow(clippy::print_stdout, reason = "printing is what an example does")]

use std::hint::black_box;
use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

use gosched::{Runtime, go};

/// So many numbers are quicker added up than shared out.
const SMALL: u64 = 100_000;

fn sum(range: Range<u64>) -> u128 {
    if range.end - range.start <= SMALL {
        return range.fold(0, |sum, n| sum + u128::from(black_box(n)));
    }
    let middle = range.start + (range.end - range.start) / 2;
    let upper = go(move || sum(middle..range.end));
    let lower = sum(range.start..middle);
    match upper.join() {
        Ok(upper) => lower + upper,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let last = match arguments.as_slice() {
        [] => Some(1_000_000_000),
        [last] => last.parse().ok().filter(|&last: &u64| last < u64::MAX),
        _ => None,
    };
    let Some(last) = last else {
        eprintln!("sum: say the last number of the sum, a whole number: sum [LAST]");
        return ExitCode::from(2);
    };
    // SAFETY: these goroutines know nothing about threads.
    let runtime = match unsafe { Runtime::builder().start() } {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("sum: cannot start the goroutines' runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let began = Instant::now();
    let sum = runtime.run(move || sum(0..last + 1));
    println!("1 + 2 + ... + {last} = {sum}");
    println!("{:.3} s on {} processors", began.elapsed().as_secs_f64(), runtime.procs());
    ExitCode::SUCCESS
}
