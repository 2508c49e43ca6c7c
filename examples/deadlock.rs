//! What happens when every goroutine waits and nobody is left to wake one: `run` panics with a
//! sentence, and the runtime goes on to work.
//!
//! Usage: `cargo run --release --example deadlock`

#![allow(clippy::print_stdout, reason = "printing is what an example does")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use gosched::chan::bounded;
use gosched::{Runtime, go};

/// Two goroutines that each wait for the other's value before they send their own.
fn wait_for_each_other() {
    let (to_left, left) = bounded::<()>(0);
    let (to_right, right) = bounded::<()>(0);
    let other = go(move || {
        let _ = left.recv();
        to_right.send(())
    });
    let _ = right.recv();
    let _ = to_left.send(());
    let _ = other.join();
}

fn main() -> ExitCode {
    if std::env::args().len() > 1 {
        eprintln!("deadlock: takes no arguments: deadlock");
        return ExitCode::from(2);
    }
    // SAFETY: these goroutines know nothing about threads.
    let runtime = match unsafe { Runtime::builder().start() } {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("deadlock: cannot start the goroutines' runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("two goroutines wait for each other:");
    if catch_unwind(AssertUnwindSafe(|| runtime.run(wait_for_each_other))).is_ok() {
        eprintln!("deadlock: nothing was noticed");
        return ExitCode::FAILURE;
    }
    println!("the runtime goes on: 6 * 7 = {}", runtime.run(|| 6 * 7));
    ExitCode::SUCCESS
}
