//! Two goroutines need two permits each, there are two, and each takes one after the other.

use std::sync::Arc;

use gosched::go;
use gosched::sync::Semaphore;

pub fn kernel(fixed: bool) {
    let slots = Arc::new(Semaphore::new(2));
    let users: Vec<_> = (0..2)
        .map(|_| {
            let slots = slots.clone();
            go(move || {
                if fixed {
                    drop(slots.acquire_many(2));
                } else {
                    let _one = slots.acquire();
                    let _other = slots.acquire();
                }
            })
        })
        .collect();
    users.into_iter().for_each(|user| user.join().unwrap());
}
