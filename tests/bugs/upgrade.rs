//! Two readers want to become writers, and each keeps its read lock meanwhile.

use std::sync::Arc;

use gosched::go;
use gosched::sync::RwLock;

pub fn kernel(fixed: bool) {
    let count = Arc::new(RwLock::new(0));
    let users: Vec<_> = (0..2)
        .map(|_| {
            let count = count.clone();
            go(move || {
                let seen = count.read().unwrap();
                if *seen < 10 {
                    if fixed {
                        drop(seen);
                    }
                    *count.write().unwrap() += 1;
                }
            })
        })
        .collect();
    users.into_iter().for_each(|user| user.join().unwrap());
}
