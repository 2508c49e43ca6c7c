//! `proto/lock` under shuttle.

use std::sync::Arc;

use super::{depth_first, depth_first_cut, pct, random};
use crate::base::rank::Rank;
use crate::cells::{lock, spawn};
use crate::proto::lock::Lock;

/// The longer scenarios have more schedules than this.
const SCHEDULES: usize = 100_000;
const STEPS: usize = 1_000;

#[test]
fn the_next_holder_sees_what_the_last_one_wrote() {
    depth_first(&lock::NEXT_HOLDER_SEES);
}

#[test]
fn a_sleeper_is_woken() {
    depth_first(&lock::SLEEPER_IS_WOKEN);
}

#[test]
fn a_contended_lock_serves_on() {
    depth_first_cut(&lock::USED_AFTER_CONTENTION, STEPS, SCHEDULES);
}

#[test]
fn three_threads_have_it_one_after_the_other() {
    depth_first_cut(&lock::THREE, STEPS, SCHEDULES);
}

#[test]
fn each_of_two_sleepers_is_woken() {
    depth_first_cut(&lock::BOTH_SLEEPERS, STEPS, SCHEDULES);
}

const THREADS: usize = 6;
const TIMES: usize = 5;

/// Six threads, five times each: no entry is lost, and all end.
fn crowd() {
    let lock = Arc::new(Lock::new(Rank::Chan, Vec::new()));
    let threads: Vec<_> = (0..THREADS)
        .map(|i| {
            let lock = lock.clone();
            spawn(move || {
                for _ in 0..TIMES {
                    lock.lock().push(i);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join();
    }
    let holders = lock.lock();
    for i in 0..THREADS {
        assert_eq!(holders.iter().filter(|&&holder| holder == i).count(), TIMES);
    }
}

#[test]
fn a_crowd_gets_it_as_often_as_it_asks() {
    random("lock::a_crowd_gets_it_as_often_as_it_asks", 5_000, crowd);
    pct("lock::a_crowd_gets_it_as_often_as_it_asks", 3, 5_000, crowd);
}
