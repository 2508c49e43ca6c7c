//! A litmus, and how its threads run.

#![expect(clippy::disallowed_types, reason = "what the threads read is no part of the model")]

use core::ops::Deref;
use std::sync::{Arc, Mutex};

use crate::cells::{Scenario, spawn};
use crate::facade::AtomicU32;

/// A program and what may come of it.
pub(crate) struct Litmus {
    /// The program; its outcomes are those that the strict loom shows.
    pub(crate) scenario: Scenario,
    /// The threads' accesses in words, threads apart by `||`; `r` is a read of the outcome.
    pub(crate) program: &'static str,
    /// What Rust's memory model allows.
    pub(crate) rust: &'static [&'static str],
    /// What sequential consistency allows: exactly what shuttle shows.
    pub(crate) sc: &'static [&'static str],
    pub(crate) remark: &'static str,
}

impl Deref for Litmus {
    type Target = Scenario;

    fn deref(&self) -> &Scenario {
        &self.scenario
    }
}

/// The words of a program.
pub(crate) struct Words {
    pub(crate) x: AtomicU32,
    pub(crate) y: AtomicU32,
    pub(crate) z: AtomicU32,
}

pub(crate) type Program = Box<dyn FnOnce(&Words) -> String + Send>;

/// One thread of a litmus; returns what it read.
pub(crate) fn program(f: impl FnOnce(&Words) -> String + Send + 'static) -> Program {
    Box::new(f)
}

/// Runs the programs side by side, the first on this thread, and then `last`; returns what all of
/// them read.
pub(crate) fn outcome_then<const N: usize>(
    programs: [Program; N],
    last: fn(&Words) -> String,
) -> String {
    let [x, y, z] = [0; 3].map(AtomicU32::new);
    let words = Arc::new(Words { x, y, z });
    let reads: Arc<Mutex<[String; N]>> = Arc::new(Mutex::new([const { String::new() }; N]));
    let mut programs = programs.into_iter();
    let first = programs.next().expect("a program has threads");
    let mut threads = Vec::new();
    for (i, program) in programs.enumerate() {
        let (words, reads) = (words.clone(), reads.clone());
        threads.push(spawn(move || {
            let read = program(&words);
            reads.lock().expect("a panic ends the model")[i + 1] = read;
        }));
    }
    let first = first(&words);
    for thread in threads {
        thread.join();
    }
    let mut all = reads.lock().expect("a panic ends the model").to_vec();
    all[0] = first;
    all.push(last(&words));
    all.retain(|read| !read.is_empty());
    all.join(" ")
}

pub(crate) fn outcome<const N: usize>(programs: [Program; N]) -> String {
    outcome_then(programs, |_| String::new())
}

pub(crate) fn silent() -> String {
    String::new()
}

pub(crate) fn no_fence() {}
