//! A worker that finds no work goes home, and the others wait for it at the barrier.

use std::sync::Arc;

use gosched::go;
use gosched::sync::{Barrier, Mutex};

pub fn kernel(fixed: bool) {
    let work = Arc::new(Mutex::new(3));
    let barrier = Arc::new(Barrier::new(2));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (work, barrier) = (work.clone(), barrier.clone());
            go(move || {
                let mine = {
                    let mut left = work.lock().unwrap();
                    let mine = (*left).min(2);
                    *left -= mine;
                    mine
                };
                let rest = std::mem::take(&mut *work.lock().unwrap()); // whatever is left, too
                if mine + rest > 0 || fixed {
                    barrier.wait();
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}
