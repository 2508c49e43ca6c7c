//! What concurrent calls return has a sequential explanation (`verify/linear`), whatever the schedule.

use super::random;
use crate::cells::runtime::runtime;
use crate::linear::programs::{self, Place};

/// So many programs of each kind, in so many schedules each.
const PROGRAMS: u64 = 30;
const SCHEDULES: usize = 100;

const GOROUTINES: Place = Place {
    start: |part| {
        let it = crate::go(part);
        Box::new(move || it.join().unwrap())
    },
    pause: crate::yield_now,
};

fn all_are_explained(name: &str, program: fn(u64, Place)) {
    for seed in 0..PROGRAMS {
        let name = format!("linear::{name}, program {seed}");
        random(&name, SCHEDULES, move || runtime(2).run(move || program(seed, GOROUTINES)));
    }
}

#[test]
fn of_a_channel() {
    all_are_explained("of_a_channel", programs::channel);
}

#[test]
fn of_selects() {
    all_are_explained("of_selects", programs::selects);
}

#[test]
fn of_a_mutex() {
    all_are_explained("of_a_mutex", programs::mutex);
}

#[test]
fn of_an_rwlock() {
    all_are_explained("of_an_rwlock", programs::rwlock);
}

#[test]
fn of_a_semaphore() {
    all_are_explained("of_a_semaphore", programs::semaphore);
}

#[test]
fn of_a_condvar() {
    all_are_explained("of_a_condvar", programs::condvar);
}
