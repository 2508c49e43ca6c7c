//! What concurrent calls return has a sequential explanation (`verify/linear`): on real threads.

#![cfg(not(any(feature = "loom", feature = "shuttle")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test states what must hold, and stands for the world outside, threads included"
)]

mod harness;
#[path = "../verify/linear/mod.rs"]
mod linear;

use std::thread;
use std::time::Duration;

use harness::runtime;
use linear::programs::{self, Place};

/// So many programs of each kind, each in goroutines and on threads.
const PROGRAMS: u64 = 100;

const PAUSE: Duration = Duration::from_micros(200);

const GOROUTINES: Place = Place {
    start: |part| {
        let it = gosched::go(part);
        Box::new(move || it.join().unwrap())
    },
    pause: || gosched::time::sleep(PAUSE),
};

const THREADS: Place = Place {
    start: |part| {
        let it = thread::spawn(part);
        Box::new(move || gosched::blocking(|| it.join().unwrap()))
    },
    pause: || thread::sleep(PAUSE),
};

fn all_are_explained(program: fn(u64, Place)) {
    for procs in [1, 2] {
        runtime(procs).run(move || {
            for seed in 0..PROGRAMS {
                program(seed, GOROUTINES);
                program(seed, THREADS);
            }
        });
    }
}

#[test]
fn of_a_channel() {
    all_are_explained(programs::channel);
}

#[test]
fn of_selects() {
    all_are_explained(programs::selects);
}

#[test]
fn of_a_mutex() {
    all_are_explained(programs::mutex);
}

#[test]
fn of_an_rwlock() {
    all_are_explained(programs::rwlock);
}

#[test]
fn of_a_semaphore() {
    all_are_explained(programs::semaphore);
}

#[test]
fn of_a_condvar() {
    all_are_explained(programs::condvar);
}
