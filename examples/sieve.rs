//! The first prime numbers, by a chain of goroutines: each keeps one prime and passes on what it
//! does not divide.
//!
//! Usage: `cargo run --release --example sieve -- COUNT`

#![allow(clippy::print_stdout, reason = "printing is what an example does")]

use std::process::ExitCode;

use gosched::chan::{Receiver, bounded};
use gosched::{Runtime, go};

/// Starts the goroutine that passes on what `prime` does not divide.
fn filter(prime: u64, numbers: Receiver<u64>) -> Receiver<u64> {
    let (tx, rx) = bounded(64);
    go(move || {
        // A send fails when nobody wants more numbers: the chain then ends from its far end.
        numbers.iter().filter(|n| n % prime != 0).try_for_each(|n| tx.send(n))
    });
    rx
}

fn primes(count: usize) -> Vec<u64> {
    let (tx, mut numbers) = bounded(64);
    go(move || (2..).try_for_each(|n| tx.send(n)));
    let mut primes = Vec::with_capacity(count);
    while primes.len() < count {
        let Ok(prime) = numbers.recv() else { break };
        primes.push(prime);
        numbers = filter(prime, numbers);
    }
    primes
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = match arguments.as_slice() {
        [count] => count.parse().ok().filter(|count| (1..=10_000).contains(count)),
        _ => None,
    };
    let Some(count) = count else {
        eprintln!("sieve: say how many primes you want, from 1 to 10000: sieve COUNT");
        return ExitCode::from(2);
    };
    // SAFETY: these goroutines know nothing about threads.
    let runtime = match unsafe { Runtime::builder().start() } {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("sieve: cannot start the goroutines' runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    for prime in runtime.run(move || primes(count)) {
        println!("{prime}");
    }
    ExitCode::SUCCESS
}
