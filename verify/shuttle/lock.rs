//! `proto/lock` under shuttle.

use std::sync::Arc;

use super::{pct, random};
use crate::base::rank::Rank;
use crate::cells::spawn;
use crate::proto::lock::Lock;

crate::cells::lock::suite!();

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
