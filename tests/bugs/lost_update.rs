//! Read, compute, write: what another one has written meanwhile is overwritten.

use std::sync::Arc;

use gosched::go;
use gosched::sync::RwLock;

pub fn kernel(fixed: bool) {
    let total = Arc::new(RwLock::new(0));
    let adders: Vec<_> = (1..=2)
        .map(|n| {
            let total = total.clone();
            go(move || {
                if fixed {
                    *total.write().unwrap() += n;
                } else {
                    let sum = *total.read().unwrap() + n;
                    *total.write().unwrap() = sum;
                }
            })
        })
        .collect();
    adders.into_iter().for_each(|adder| adder.join().unwrap());
    assert_eq!(*total.read().unwrap(), 3);
}
