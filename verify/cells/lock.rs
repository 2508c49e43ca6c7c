//! Scenarios of `proto/lock`.
//!
//! Who never gets the lock is a deadlock, which both checkers report; data that is touched without
//! it is a race on the lock's cell, which loom reports.

use std::sync::Arc;

use super::{Scenario, spawn};
use crate::base::rank::Rank;
use crate::proto::lock::Lock;

/// The tests of both checkers: a scenario, loom's bound, shuttle's strategy.
macro_rules! suite {
    () => {
        explored! { lock:
            the_next_holder_sees_what_the_last_one_wrote =
                NEXT_HOLDER_SEES, loom All, shuttle depth_first;
            a_sleeper_is_woken = SLEEPER_IS_WOKEN, loom All, shuttle depth_first;
            a_contended_lock_serves_on =
                USED_AFTER_CONTENTION, loom Preemptions(4), shuttle cut(1_000, 100_000);
            three_threads_have_it_one_after_the_other =
                THREE, loom Preemptions(3), shuttle cut(1_000, 100_000);
            each_of_two_sleepers_is_woken =
                BOTH_SLEEPERS, loom Preemptions(3), shuttle cut(1_000, 100_000);
        }
    };
}
pub(crate) use suite;

/// Takes the lock `times` times and writes down who did; each time one entry more.
fn enter(lock: &Lock<String>, name: char, times: usize) {
    for _ in 0..times {
        lock.lock().push(name);
    }
}

/// The main thread and others take the lock; returns who had it, one after the other.
fn holders(others: &[(char, usize)], times: usize) -> String {
    let lock = Arc::new(Lock::new(Rank::Chan, String::new()));
    let threads: Vec<_> = others
        .iter()
        .map(|&(name, times)| {
            let lock = lock.clone();
            spawn(move || enter(&lock, name, times))
        })
        .collect();
    enter(&lock, 'a', times);
    for thread in threads {
        thread.join();
    }
    // After all the contention: it is free, and holds what everyone wrote.
    lock.lock().clone()
}

/// Two threads, once each.
pub(crate) const NEXT_HOLDER_SEES: Scenario =
    Scenario { threads: 2, run: || holders(&[('b', 1)], 1), outcomes: &["ab", "ba"] };

/// The lock is held when the other thread comes, so that it sleeps unless the holder is quick.
pub(crate) const SLEEPER_IS_WOKEN: Scenario = Scenario {
    threads: 2,
    run: || {
        let lock = Arc::new(Lock::new(Rank::Chan, String::from("a")));
        let guard = lock.lock();
        let other = spawn({
            let lock = lock.clone();
            move || enter(&lock, 'b', 1)
        });
        drop(guard);
        other.join();
        lock.lock().clone()
    },
    outcomes: &["ab"],
};

/// One thread comes back while the other may sleep: it may overtake the one that it woke.
pub(crate) const USED_AFTER_CONTENTION: Scenario =
    Scenario { threads: 2, run: || holders(&[('b', 1)], 2), outcomes: &["aab", "aba", "baa"] };

/// Three threads: two may sleep at once, and each unlock wakes one.
pub(crate) const THREE: Scenario = Scenario {
    threads: 3,
    run: || holders(&[('b', 1), ('c', 1)], 1),
    outcomes: &["abc", "acb", "bac", "bca", "cab", "cba"],
};

/// Two threads come to a held lock, so that both may sleep; the holder unlocks once.
pub(crate) const BOTH_SLEEPERS: Scenario = Scenario {
    threads: 3,
    run: || {
        let lock = Arc::new(Lock::new(Rank::Chan, String::from("a")));
        let guard = lock.lock();
        let [b, c] = ['b', 'c'].map(|name| {
            let lock = lock.clone();
            spawn(move || enter(&lock, name, 1))
        });
        drop(guard);
        b.join();
        c.join();
        lock.lock().clone()
    },
    outcomes: &["abc", "acb"],
};
