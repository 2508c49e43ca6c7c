//! A value is made twice: it is looked for under a read lock, and stored under a write lock without another look.

use std::sync::Arc;

use gosched::go;
use gosched::sync::{Mutex, RwLock};

pub fn kernel(fixed: bool) {
    let cache = Arc::new(RwLock::new(None));
    let made = Arc::new(Mutex::new(0));
    let users: Vec<_> = (0..2)
        .map(|_| {
            let (cache, made) = (cache.clone(), made.clone());
            go(move || {
                if cache.read().unwrap().is_none() {
                    let mut cache = cache.write().unwrap();
                    if !fixed || cache.is_none() {
                        *made.lock().unwrap() += 1;
                        *cache = Some("connection");
                    }
                }
            })
        })
        .collect();
    users.into_iter().for_each(|user| user.join().unwrap());
    assert_eq!(*made.lock().unwrap(), 1, "connected twice");
}
