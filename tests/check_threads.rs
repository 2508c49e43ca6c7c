//! The programs of `tests/bugs` once more, in the checker's own imitation of std's threads and locks: how soon it
//! finds their bugs. The sources are the same; here `gosched` is this file.
//!
//! `GOSCHED_TABLE=1 cargo test --features shuttle --test check --test check_threads table` writes the last columns of
//! `verify/results/check.md`.
#![cfg(all(feature = "shuttle", not(feature = "loom")))]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::mem_forget,
    clippy::disallowed_types,
    unreachable_pub,
    reason = "a test, and programs as users write them, with bugs"
)]

extern crate self as gosched;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};

pub use shuttle::thread::{spawn as go, yield_now};

/// The locks of `gosched::sync` that it has.
pub mod sync {
    pub use shuttle::sync::{Barrier, Condvar, Mutex, RwLock};
}

/// The channels of `gosched::chan` that it has.
pub mod chan {
    pub use shuttle::sync::mpsc::{TryRecvError, sync_channel as bounded};
}

mod bugs {
    pub mod assumed_order;
    pub mod check_then_act;
    pub mod double_init;
    pub mod flag_before_data;
    pub mod lock_order;
    pub mod lock_over_send;
    pub mod lost_update;
    pub mod lost_wakeup;
    pub mod missing_at_the_barrier;
    pub mod nobodys_channel;
    pub mod one_condvar;
    pub mod philosophers;
    pub mod recursive_read;
    pub mod send_after_stop;
    pub mod skipped_work;
    pub mod stolen_wakeup;
    pub mod upgrade;
    pub mod hard {
        pub mod long_look;
        pub mod one_place;
        pub mod slow_start;
        pub mod two_long_looks;
    }
}

#[path = "harness/cpu.rs"]
mod cpu;

use bugs::hard;
use cpu::cpu_s;

type Bug = (&'static str, fn(bool));

const BUGS: &[Bug] = &[
    ("assumed_order", bugs::assumed_order::kernel),
    ("check_then_act", bugs::check_then_act::kernel),
    ("double_init", bugs::double_init::kernel),
    ("flag_before_data", bugs::flag_before_data::kernel),
    ("lock_order", bugs::lock_order::kernel),
    ("lock_over_send", bugs::lock_over_send::kernel),
    ("lost_update", bugs::lost_update::kernel),
    ("lost_wakeup", bugs::lost_wakeup::kernel),
    ("missing_at_the_barrier", bugs::missing_at_the_barrier::kernel),
    ("nobodys_channel", bugs::nobodys_channel::kernel),
    ("one_condvar", bugs::one_condvar::kernel),
    ("philosophers", bugs::philosophers::kernel),
    ("recursive_read", bugs::recursive_read::kernel),
    ("send_after_stop", bugs::send_after_stop::kernel),
    ("skipped_work", bugs::skipped_work::kernel),
    ("stolen_wakeup", bugs::stolen_wakeup::kernel),
    ("upgrade", bugs::upgrade::kernel),
];

/// The same, with a depth.
type HardBug = (&'static str, fn(bool), usize);

/// By priorities, of the depth with which `gosched::check` finds each, or of two.
const HARD: &[HardBug] = &[
    ("slow_start", hard::slow_start::kernel, 2),
    ("long_look", hard::long_look::kernel, 2),
    ("two_long_looks", hard::two_long_looks::kernel, 6),
    ("one_place", hard::one_place::kernel, 2),
];

/// Runs a program under a scheduler: how many schedules until it fails, if it does, and so many seconds.
fn run(kernel: fn(bool), fixed: bool, scheduler: impl Scheduler + 'static) -> (Option<usize>, f64) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    let executions = Arc::new(AtomicUsize::new(0));
    let count = executions.clone();
    let start = cpu_s();
    let found = catch_unwind(AssertUnwindSafe(|| {
        Runner::new(scheduler, config).run(move || {
            count.fetch_add(1, Relaxed);
            kernel(fixed);
        })
    }));
    (found.err().map(|_| executions.load(Relaxed)), cpu_s() - start)
}

fn random(n: usize) -> RandomScheduler {
    RandomScheduler::new_from_seed(1, n)
}

/// The columns of one program.
fn columns(name: &str, (found, found_s): (Option<usize>, f64), kernel: fn(bool)) -> String {
    let n = 2_000;
    let (none, s) = run(kernel, true, random(n));
    assert_eq!(none, None, "{name}, mended");
    let rate = n as f64 / s;
    match found {
        Some(schedules) => format!("{schedules} | {:.0} | {rate:.0}", found_s * 1e3),
        None => format!("none in 100,000 | {:.0} | {rate:.0}", found_s * 1e3),
    }
}

#[test]
fn table() {
    if std::env::var_os("GOSCHED_TABLE").is_none() {
        return;
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/results/check.md");
    let mut text = std::fs::read_to_string(path).unwrap();
    let bugs = BUGS
        .iter()
        .map(|&(name, kernel)| (name, columns(name, run(kernel, false, random(1_000)), kernel)));
    let hard = HARD.iter().map(|&(name, kernel, depth)| {
        let pct = PctScheduler::new_from_seed(1, depth, 100_000);
        (name, columns(name, run(kernel, false, pct), kernel))
    });
    for (name, columns) in bugs.chain(hard) {
        let begin = text.find(&format!("| `{name}` |")).expect("the other table is there");
        let end = begin + text[begin..].find(" | - | - | - |").expect("the columns are empty");
        text.replace_range(end..end + " | - | - | - |".len(), &format!(" | {columns} |"));
    }
    std::fs::write(path, &text).unwrap();
    eprintln!("{text}");
}

/// What the table compares is the same: the programs run here, and what is mended has no bug.
#[test]
fn the_mended_programs_have_no_bug_here_either() {
    for &(name, kernel) in BUGS {
        assert_eq!(run(kernel, true, random(20)).0, None, "{name}");
    }
}
